-- Routines that a call by this name may mean; PostgreSQL's own are known.
SELECT p.oid
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.proname = %(name)s
  AND CASE
    WHEN %(schema)s::text IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(true))
    ELSE n.nspname = %(schema)s
  END
  AND n.nspname <> 'pg_catalog'
