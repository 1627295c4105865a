-- What is evaluated of a relation of ours when a partition is bound to it, or a column becomes NOT
-- NULL: the types in its key, its key's, its own and its partitions' expressions, its key's routines.
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
)
SELECT
  ARRAY(
    SELECT a.atttypid
    FROM keys
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = keys.partrelid AND a.attnum = ANY (keys.partattrs::int2[])
    UNION
    SELECT found[2]::oid
    FROM keys, pg_catalog.regexp_matches(
      keys.partexprs::text, ':(funcresulttype|opresulttype|resulttype|vartype|consttype) (\d+)', 'g'
    ) AS found
  ),
  ARRAY(
    SELECT keys.partexprs::text FROM keys
    UNION ALL
    SELECT c.conbin::text
    FROM pg_catalog.pg_constraint AS c
    WHERE c.contype = 'c' AND c.conrelid IN (SELECT family.oid FROM family)
  ),
  ARRAY(
    SELECT s.amproc::oid
    FROM keys
    JOIN pg_catalog.pg_opclass AS c ON c.oid = ANY (keys.partclass::oid[])
    JOIN pg_catalog.pg_amproc AS s ON s.amprocfamily = c.opcfamily
  )
