SELECT n.nspname, c.relname, c.oid, c.relkind, obj_description(c.oid, 'pg_class'), c.reltuples
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted(s, t)
  ON wanted.s = n.nspname AND wanted.t = c.relname
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
