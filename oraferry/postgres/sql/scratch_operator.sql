-- Routines behind operators that this name may mean; PostgreSQL's own are known.
SELECT o.oprcode::oid
FROM pg_catalog.pg_operator AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
WHERE o.oprname = %(name)s
  AND CASE
    WHEN %(schema)s::text IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(true))
    ELSE n.nspname = %(schema)s
  END
  AND n.nspname <> 'pg_catalog'
