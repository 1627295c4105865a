-- What expressions call, given as node trees, and what the checks of domains call that some types
-- are or hold.
WITH RECURSIVE types (oid) AS (
  SELECT given.oid FROM pg_catalog.unnest(%(types)s::oid[]) AS given (oid)
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
trees (tree) AS (
  SELECT given.tree FROM pg_catalog.unnest(%(trees)s::text[]) AS given (tree)
  UNION ALL
  SELECT c.conbin::text
  FROM types
  JOIN pg_catalog.pg_constraint AS c ON c.contypid = types.oid AND c.contype = 'c'
)
SELECT found[2]::oid
FROM trees, pg_catalog.regexp_matches(tree, ':(funcid|opfuncid|hashfuncid|negfuncid) (\d+)', 'g') AS found
UNION
SELECT o.oprcode::oid
FROM trees, pg_catalog.regexp_matches(tree, ':opno (\d+)', 'g') AS found
JOIN pg_catalog.pg_operator AS o ON o.oid = found[1]::oid
