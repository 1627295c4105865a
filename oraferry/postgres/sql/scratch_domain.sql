-- What a domain's checks call beyond PostgreSQL's and extensions' functions without effects. A literal of a
-- type that holds the domain is checked when a statement is parsed, so nothing else may be there.
-- Casts keep operators that the text defines out of this query. conbin is a tree as text; its constants are numbers, so no value can look like a function.
WITH checks AS (
  SELECT c.conbin::text AS tree
  FROM pg_catalog.pg_constraint AS c
  WHERE
    c.contypid = pg_catalog.to_regtype(%(name)s)::oid
    AND c.contype = 'c'
),
called AS (
  SELECT found[2]::oid AS routine
  FROM checks, pg_catalog.regexp_matches(tree, ':(funcid|opfuncid|hashfuncid|negfuncid) (\d+)', 'g') AS found
  UNION
  SELECT o.oprcode::oid
  FROM checks, pg_catalog.regexp_matches(tree, ':opno (\d+)', 'g') AS found
  JOIN pg_catalog.pg_operator AS o ON o.oid = found[1]::oid
)
SELECT p.oid::regprocedure::text
FROM called
JOIN pg_catalog.pg_proc AS p ON p.oid = called.routine
WHERE
  (
    p.oid >= 16384::oid
    -- citext and its like
    AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_proc'::regclass::oid AND d.objid = p.oid AND d.deptype = 'e'
    )
  )
  OR p.provolatile = 'v'
  OR p.proname::text LIKE '%%\_to\_xml%%'::text
ORDER BY 1
