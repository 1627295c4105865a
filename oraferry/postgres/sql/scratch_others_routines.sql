-- Routines of that name that belong to somebody else than the current user.
SELECT p.oid::regprocedure::text
FROM pg_catalog.pg_proc AS p
WHERE
  p.pronamespace = pg_catalog.to_regnamespace(%(schema)s)::oid
  AND p.proname = %(name)s
  AND p.prokind IN ('f', 'p')
  AND NOT pg_catalog.pg_has_role(current_user, p.proowner, 'USAGE')
