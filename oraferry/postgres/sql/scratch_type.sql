-- What the checks of domains call that a type of this name is, or holds.
WITH RECURSIVE types (oid) AS (
  SELECT t.oid
  FROM pg_catalog.pg_type AS t
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
  WHERE t.typname = %(name)s
    AND CASE
      WHEN %(schema)s::text IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(true))
      ELSE n.nspname = %(schema)s
    END
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
checks AS (
  SELECT c.conbin::text AS tree
  FROM types
  JOIN pg_catalog.pg_constraint AS c ON c.contypid = types.oid AND c.contype = 'c'
)
SELECT found[2]::oid
FROM checks, pg_catalog.regexp_matches(tree, ':(funcid|opfuncid|hashfuncid|negfuncid) (\d+)', 'g') AS found
UNION
SELECT o.oprcode::oid
FROM checks, pg_catalog.regexp_matches(tree, ':opno (\d+)', 'g') AS found
JOIN pg_catalog.pg_operator AS o ON o.oid = found[1]::oid
