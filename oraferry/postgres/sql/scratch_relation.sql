-- A relation by its name as a statement would find it: where it is, and whether it is ours.
SELECT
  c.oid,
  c.relkind::text,
  pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
  pg_catalog.age(c.xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(name)s)::oid
