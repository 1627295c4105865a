-- What is evaluated of a relation of ours when a partition is bound to it, or a column becomes NOT
-- NULL: its key, the checks of domains in its key's types, its own checks and its partitions'.
WITH RECURSIVE family (oid) AS (
  SELECT %(oid)s::oid
  UNION
  SELECT i.inhrelid
  FROM family
  JOIN pg_catalog.pg_inherits AS i ON i.inhparent = family.oid
),
keys AS (
  SELECT p.*
  FROM family
  JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = family.oid
),
types (oid) AS (
  SELECT a.atttypid
  FROM keys
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = keys.partrelid AND a.attnum = ANY (keys.partattrs::int2[])
  UNION
  SELECT found[2]::oid
  FROM keys, pg_catalog.regexp_matches(
    keys.partexprs::text, ':(funcresulttype|opresulttype|resulttype|vartype|consttype) (\d+)', 'g'
  ) AS found
  UNION
  SELECT part.oid
  FROM types
  JOIN pg_catalog.pg_type AS t ON t.oid = types.oid
  CROSS JOIN LATERAL (
    SELECT t.typbasetype AS oid
    UNION ALL
    SELECT t.typelem
    UNION ALL
    SELECT a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0
    UNION ALL
    SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid
  ) AS part
  WHERE part.oid >= 16384::oid
),
trees AS (
  SELECT keys.partexprs::text AS tree FROM keys
  UNION ALL
  SELECT c.conbin::text
  FROM pg_catalog.pg_constraint AS c
  WHERE c.contype = 'c'
    AND (c.conrelid IN (SELECT family.oid FROM family) OR c.contypid IN (SELECT types.oid FROM types))
)
SELECT found[2]::oid
FROM trees, pg_catalog.regexp_matches(tree, ':(funcid|opfuncid|hashfuncid|negfuncid) (\d+)', 'g') AS found
UNION
SELECT o.oprcode::oid
FROM trees, pg_catalog.regexp_matches(tree, ':opno (\d+)', 'g') AS found
JOIN pg_catalog.pg_operator AS o ON o.oid = found[1]::oid
UNION
SELECT s.amproc::oid
FROM keys
JOIN pg_catalog.pg_opclass AS c ON c.oid = ANY (keys.partclass::oid[])
JOIN pg_catalog.pg_amproc AS s ON s.amprocfamily = c.opcfamily
