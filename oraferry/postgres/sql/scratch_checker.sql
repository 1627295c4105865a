-- The names of plpgsql_check's arguments, which its versions add to.
SELECT p.proargnames
FROM pg_catalog.pg_proc AS p
WHERE
  p.proname = 'plpgsql_check_function_tb'
  AND p.pronamespace = pg_catalog.to_regnamespace(%(schema)s)::oid
