-- Routines behind casts from and to types of this name.
SELECT c.castfunc
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_cast AS c ON c.castsource = t.oid OR c.casttarget = t.oid
WHERE t.typname = %(name)s
  AND CASE
    WHEN %(schema)s::text IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(true))
    ELSE n.nspname = %(schema)s
  END
  AND c.castfunc >= 16384::oid
