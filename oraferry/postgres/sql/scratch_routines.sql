-- The routines named so that this transaction created or replaced. Under REPEATABLE READ a row
-- is ours when it is visible and not older than our own transaction.
SELECT
  p.oid,
  p.oid::regprocedure::text,
  l.lanname,
  p.prokind::text,
  p.provolatile::text,
  p.prorettype::regtype::text,
  p.proretset,
  -- OUT, INOUT and TABLE arguments
  coalesce('o' = ANY (p.proargmodes) OR 'b' = ANY (p.proargmodes) OR 't' = ANY (p.proargmodes), false),
  EXISTS (
    SELECT
    FROM pg_catalog.pg_type AS t
    WHERE t.oid = ANY (p.proargtypes) AND t.typtype = 'p' AND t.typname::text LIKE 'any%%'::text
  ),
  n.nspname::text,
  pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname),
  pg_catalog.pg_get_function_arguments(p.oid),
  pg_catalog.pg_get_function_result(p.oid),
  pg_catalog.pg_get_functiondef(p.oid),
  p.xmin::text
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE
  p.proname = %(name)s
  AND p.prokind IN ('f', 'p')
  AND pg_catalog.age(p.xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)
ORDER BY p.oid
