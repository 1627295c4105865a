-- Routines that a call by this name may mean, that are not ours, and that are no C code.
SELECT p.oid::pg_catalog.regprocedure::text
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE p.proname = %(name)s
  AND CASE
    WHEN %(schema)s::text IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(true))
    ELSE n.nspname = %(schema)s
  END
  AND n.nspname <> 'pg_catalog'
  AND l.lanname NOT IN ('internal', 'c')
  AND pg_catalog.age(p.xmin) > pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)
LIMIT 1
