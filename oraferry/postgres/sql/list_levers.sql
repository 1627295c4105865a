-- What can be taken away for a load and be made again by one statement. Left alone: what is part
-- of a partitioned table, marks of replication and clustering, and what carries a comment.
SELECT kind, name, drop_it, restore_it
FROM (
  SELECT 1 AS place, 'trigger' AS kind, t.tgname AS name,
         'ALTER TABLE ' || %(table)s::text || ' DISABLE TRIGGER ' || quote_ident(t.tgname) AS drop_it,
         'ALTER TABLE ' || %(table)s::text || ' ENABLE TRIGGER ' || quote_ident(t.tgname) AS restore_it
  FROM pg_trigger t
  WHERE t.tgrelid = %(table)s::regclass AND NOT t.tgisinternal AND t.tgenabled = 'O'
  UNION ALL
  SELECT 2, 'foreign key', c.conname,
         'ALTER TABLE ' || %(table)s::text || ' DROP CONSTRAINT ' || quote_ident(c.conname),
         'ALTER TABLE ' || %(table)s::text || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' '
           || pg_get_constraintdef(c.oid)
  FROM pg_constraint c
  WHERE c.conrelid = %(table)s::regclass AND c.contype = 'f' AND c.conparentid = 0
    AND obj_description(c.oid, 'pg_constraint') IS NULL
  UNION ALL
  SELECT 3, 'index', i.relname,
         'DROP INDEX ' || quote_ident(n.nspname) || '.' || quote_ident(i.relname),
         pg_get_indexdef(x.indexrelid)
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_namespace n ON n.oid = i.relnamespace
  WHERE x.indrelid = %(table)s::regclass AND NOT x.indisunique AND NOT i.relispartition
    AND x.indisvalid AND NOT x.indisreplident AND NOT x.indisclustered
    AND obj_description(i.oid, 'pg_class') IS NULL
    AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)
  UNION ALL
  SELECT 4, 'key', c.conname,
         'ALTER TABLE ' || %(table)s::text || ' DROP CONSTRAINT ' || quote_ident(c.conname),
         'ALTER TABLE ' || %(table)s::text || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' '
           || pg_get_constraintdef(c.oid)
  FROM pg_constraint c
  JOIN pg_index x ON x.indexrelid = c.conindid
  WHERE c.conrelid = %(table)s::regclass AND c.contype IN ('p', 'u') AND c.conparentid = 0
    AND NOT x.indisreplident AND NOT x.indisclustered
    AND obj_description(c.oid, 'pg_constraint') IS NULL
    AND NOT EXISTS (SELECT 1 FROM pg_constraint f
                    WHERE f.contype = 'f' AND f.conindid = c.conindid)
) found
WHERE kind = ANY(%(kinds)s)
  AND EXISTS (SELECT 1 FROM pg_class t WHERE t.oid = %(table)s::regclass AND t.relkind = 'r')
ORDER BY place, name
