-- What keeps relations from being loaded as the plans want, the first reason of each that holds.
-- Relations that are not there are ours to create, unless something else has their name.
WITH RECURSIVE plans AS (
  SELECT p.*, c.oid, c.relkind, c.relreplident
  FROM jsonb_to_recordset(%(plans)s::jsonb)
    AS p(place int, schema text, name text, mode text, columns text[], changed text[])
  LEFT JOIN pg_namespace n ON n.nspname = p.schema
  LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.name
), holders AS (
  SELECT place, oid AS id, relkind FROM plans WHERE oid IS NOT NULL
  UNION
  SELECT h.place, c.oid, c.relkind
  FROM holders h
  JOIN pg_inherits i ON i.inhparent = h.id
  JOIN pg_class c ON c.oid = i.inhrelid
), emptied AS (
  SELECT h.id FROM holders h JOIN plans p USING (place) WHERE p.mode = 'truncate'
), found AS (
  SELECT p.place, 1 AS rank, 'fit' AS kind,
         'it is a ' || CASE p.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                                      ELSE 'foreign table' END
           || ', whose rows cannot be told by the transaction that wrote them' AS reason,
         'name the table behind it in table_options (target)' AS hint
  FROM plans p WHERE p.relkind IN ('v', 'm', 'f')
  UNION ALL
  SELECT p.place, 1, 'fit', 'its name belongs to something else, no table',
         'give the table another name in table_options (target), or rename what has it'
  FROM plans p
  WHERE p.relkind IN ('S', 'i', 'I', 'c', 't')
     OR p.oid IS NULL AND EXISTS (
          SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
          WHERE n.nspname = p.schema AND t.typname = p.name
            -- The type of arrays of another gives way.
            AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid))
  UNION ALL
  SELECT p.place, 2, 'right', 'the right to use its schema is missing',
         format('GRANT USAGE ON SCHEMA %%I TO %%I', p.schema, current_user)
  FROM plans p JOIN pg_namespace n ON n.nspname = p.schema
  WHERE NOT has_schema_privilege(n.oid, 'USAGE')
  UNION ALL
  SELECT p.place, 2, 'right', 'the right to create tables in its schema is missing',
         format('GRANT CREATE ON SCHEMA %%I TO %%I', p.schema, current_user)
  FROM plans p JOIN pg_namespace n ON n.nspname = p.schema
  WHERE p.oid IS NULL AND NOT has_schema_privilege(n.oid, 'CREATE')
  UNION ALL
  -- Verification reads xmin, which rights on single columns do not cover.
  SELECT p.place, 3, 'right', 'the right to ' || r.name || ' is missing',
         format('GRANT %%s ON %%I.%%I TO %%I', r.name, p.schema, p.name, current_user)
  FROM plans p
  CROSS JOIN LATERAL (VALUES
    ('SELECT', has_table_privilege(p.oid, 'SELECT')),
    ('INSERT', NOT EXISTS (SELECT FROM unnest(p.columns) AS c
                           WHERE NOT has_column_privilege(p.oid, c, 'INSERT'))),
    ('UPDATE', p.mode <> 'upsert' OR NOT EXISTS (
       SELECT FROM unnest(p.changed) AS c WHERE NOT has_column_privilege(p.oid, c, 'UPDATE'))),
    ('TRUNCATE', p.mode <> 'truncate' OR has_table_privilege(p.oid, 'TRUNCATE'))
  ) AS r(name, is_there)
  WHERE p.relkind IN ('r', 'p') AND NOT r.is_there
  UNION ALL
  SELECT p.place, 4, 'fit', 'row-level security holds for this user, and COPY refuses it',
         'load it as a role with BYPASSRLS, or as its owner without FORCE ROW LEVEL SECURITY'
  FROM plans p WHERE p.relkind IN ('r', 'p') AND row_security_active(p.oid)
  UNION ALL
  SELECT p.place, 5, 'fit', 'a part of it is a foreign table',
         'detach it for the load, or load the parts by themselves'
  FROM plans p
  WHERE EXISTS (SELECT FROM holders h WHERE h.place = p.place AND h.id <> p.oid AND h.relkind = 'f')
  UNION ALL
  SELECT p.place, 5, 'fit', 'it is partitioned and has no partition', 'create its partitions first'
  FROM plans p
  WHERE p.relkind = 'p'
    AND NOT EXISTS (SELECT FROM holders h WHERE h.place = p.place AND h.relkind = 'r')
  UNION ALL
  SELECT p.place, 6, 'fit', 'TRUNCATE would empty the tables that inherit from it, too',
         'empty it by hand (TRUNCATE ONLY), and use mode append'
  FROM plans p
  WHERE p.mode = 'truncate' AND p.relkind = 'r' AND EXISTS (
    SELECT FROM pg_inherits i WHERE i.inhparent = p.oid)
  UNION ALL
  SELECT p.place, 7, 'fit',
         format('it cannot be truncated: the foreign key %%I of %%s refers to it', f.conname,
                f.conrelid::regclass),
         'add that table to the request, in mode truncate, or drop the foreign key first'
  FROM plans p
  JOIN holders h ON h.place = p.place
  JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = h.id
  WHERE p.mode = 'truncate' AND f.conrelid NOT IN (SELECT id FROM emptied)
  UNION ALL
  SELECT p.place, 8, 'fit', 'it has rules for INSERT or UPDATE, which an upsert cannot pass',
         'drop the rules for the load, or use another mode'
  FROM plans p
  WHERE p.mode = 'upsert' AND p.relkind IN ('r', 'p') AND EXISTS (
    SELECT FROM pg_rewrite r WHERE r.ev_class = p.oid AND r.ev_type IN ('2', '3'))
  UNION ALL
  SELECT p.place, 8, 'fit',
         format('%%s publishes updates and has no replica identity', h.id::regclass),
         'give it a primary key or a REPLICA IDENTITY, or use another mode'
  FROM plans p
  JOIN holders h ON h.place = p.place AND h.relkind = 'r'
  JOIN pg_class c ON c.oid = h.id
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname
  JOIN pg_publication u ON u.pubname = t.pubname AND u.pubupdate
  WHERE p.mode = 'upsert' AND NOT CASE c.relreplident
    WHEN 'f' THEN true
    WHEN 'd' THEN EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary)
    ELSE EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisreplident)
  END
)
SELECT DISTINCT ON (place) place, kind, reason, hint FROM found ORDER BY place, rank, reason
