-- Of some routines one that must not be evaluated: somebody's code, or with effects. Ours are empty
-- by now; those of extensions (citext and its like) are as good as PostgreSQL's own.
SELECT p.oid::pg_catalog.regprocedure::text
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE
  p.oid = ANY (%(routines)s::oid[])
  AND pg_catalog.age(p.xmin) > pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)
  AND (
    p.provolatile = 'v'
    OR p.proname::text LIKE '%%\_to\_xml%%'::text
    OR (
      l.lanname NOT IN ('internal', 'c')
      AND p.oid >= 16384::oid
      AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass::oid AND d.objid = p.oid AND d.deptype = 'e'
      )
    )
  )
ORDER BY 1
LIMIT 1
