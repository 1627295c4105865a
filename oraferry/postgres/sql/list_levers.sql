-- What can be taken away for a load and be made again by one text. Left alone: what is part of a
-- partitioned table, marks of replication and clustering, and what carries a comment.
-- pg_get_indexdef and pg_get_constraintdef leave out tablespaces, what is stored of a key's index,
-- and how finely an expression's values are counted for the planner.
WITH built AS (
  SELECT x.*, i.relname, i.relispartition, n.nspname,
         -- As it is, whatever the default of the session that makes it again.
         CASE WHEN i.reltablespace <> 0 OR current_setting('default_tablespace') <> ''
              THEN 'TABLESPACE ' || quote_ident(s.spcname) END AS placed,
         (SELECT string_agg(option_name || '=' || quote_literal(option_value), ', ')
          FROM pg_options_to_table(i.reloptions)) AS options,
         (SELECT string_agg(
                   format('; ALTER INDEX %%I.%%I ALTER COLUMN %%s SET STATISTICS %%s',
                          n.nspname, i.relname, a.attnum, a.attstattarget), '' ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0) AS counted,
         obj_description(i.oid, 'pg_class') AS comment
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_namespace n ON n.oid = i.relnamespace
  JOIN pg_database d ON d.datname = current_database()
  JOIN pg_tablespace s ON s.oid = coalesce(nullif(i.reltablespace, 0), d.dattablespace)
  WHERE x.indrelid = %(table)s::regclass
)
SELECT kind, name, drop_it, restore_it
FROM (
  SELECT 1 AS place, 'trigger' AS kind, t.tgname AS name,
         'ALTER TABLE ' || %(table)s::text || ' DISABLE TRIGGER ' || quote_ident(t.tgname) AS drop_it,
         'ALTER TABLE ' || %(table)s::text || ' ENABLE '
           || CASE t.tgenabled WHEN 'A' THEN 'ALWAYS ' WHEN 'R' THEN 'REPLICA ' ELSE '' END
           || 'TRIGGER ' || quote_ident(t.tgname) AS restore_it
  FROM pg_trigger t
  WHERE t.tgrelid = %(table)s::regclass AND NOT t.tgisinternal
    AND t.tgenabled IN ('A', CASE current_setting('session_replication_role')
                               WHEN 'replica' THEN 'R' ELSE 'O' END)
  UNION ALL
  SELECT 2, 'foreign key', c.conname,
         'ALTER TABLE ' || %(table)s::text || ' DROP CONSTRAINT ' || quote_ident(c.conname),
         'ALTER TABLE ' || %(table)s::text || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' '
           || pg_get_constraintdef(c.oid)
  FROM pg_constraint c
  WHERE c.conrelid = %(table)s::regclass AND c.contype = 'f' AND c.conparentid = 0
    AND obj_description(c.oid, 'pg_constraint') IS NULL
  UNION ALL
  SELECT 3, 'index', x.relname,
         'DROP INDEX ' || quote_ident(x.nspname) || '.' || quote_ident(x.relname),
         concat(left(w.definition, length(w.definition) - length(w.tail)), ' ' || x.placed, w.tail, x.counted)
  FROM built x
  CROSS JOIN LATERAL (
    SELECT pg_get_indexdef(x.indexrelid) AS definition,
           coalesce(' WHERE ' || pg_get_expr(x.indpred, x.indrelid), '') AS tail
  ) w
  WHERE NOT x.indisunique AND NOT x.relispartition
    AND x.indisvalid AND NOT x.indisreplident AND NOT x.indisclustered AND x.comment IS NULL
    -- Only where it is certain where the tablespace has to stand.
    AND right(w.definition, length(w.tail)) = w.tail
    AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)
  UNION ALL
  SELECT 4, 'key', c.conname,
         'ALTER TABLE ' || %(table)s::text || ' DROP CONSTRAINT ' || quote_ident(c.conname),
         concat('ALTER TABLE ', %(table)s::text, ' ADD CONSTRAINT ', quote_ident(c.conname), ' ',
                w.definition, ' WITH (' || x.options || ')', ' USING INDEX ' || x.placed,
                CASE WHEN c.condeferrable THEN ' DEFERRABLE' END,
                CASE WHEN c.condeferred THEN ' INITIALLY DEFERRED' END)
  FROM pg_constraint c
  JOIN built x ON x.indexrelid = c.conindid
  CROSS JOIN LATERAL (
    SELECT regexp_replace(pg_get_constraintdef(c.oid), '( DEFERRABLE)?( INITIALLY DEFERRED)?$', '')
             AS definition
  ) w
  WHERE c.conrelid = %(table)s::regclass AND c.contype IN ('p', 'u') AND c.conparentid = 0
    AND NOT x.indisreplident AND NOT x.indisclustered AND x.comment IS NULL
    AND obj_description(c.oid, 'pg_constraint') IS NULL
    AND NOT EXISTS (SELECT 1 FROM pg_constraint f
                    WHERE f.contype = 'f' AND f.conindid = c.conindid)
    -- By its primary key a published table tells which row was changed: without, nobody may.
    AND NOT (c.contype = 'p' AND EXISTS (
      SELECT 1 FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
      JOIN pg_publication_tables p ON p.schemaname = n.nspname AND p.tablename = t.relname
      WHERE t.oid = c.conrelid AND t.relreplident = 'd'))
) found
WHERE kind = ANY(%(kinds)s)
  AND EXISTS (SELECT 1 FROM pg_class t WHERE t.oid = %(table)s::regclass AND t.relkind = 'r')
ORDER BY place, name
