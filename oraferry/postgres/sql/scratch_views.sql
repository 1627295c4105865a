-- Views of ours that call more than PostgreSQL's own functions without effects, as they would
-- stand without ever giving a row. A few functions of PostgreSQL (table_to_xml and its like)
-- read whole views and count as stable, so that a planner may run them to estimate.
SELECT
  pg_catalog.format(
    'CREATE OR REPLACE VIEW %s AS SELECT * FROM (%s) AS rows_of WHERE false',
    c.oid::regclass,
    pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), '; ')
  ),
  c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
WHERE
  c.relkind = 'v'
  AND pg_catalog.age(c.xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)
  AND EXISTS (
    SELECT
    FROM pg_catalog.regexp_matches(r.ev_action::text, ':(funcid|opfuncid) (\d+)', 'g') AS found
    JOIN pg_catalog.pg_proc AS p ON p.oid = found[2]::oid
    WHERE p.oid >= 16384::oid OR p.provolatile = 'v' OR p.proname::text LIKE '%\_to\_xml%'::text
  )
