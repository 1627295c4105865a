-- The tables that a trigger function is made for, and its names of old and new rows.
SELECT t.tgrelid, t.tgoldtable, t.tgnewtable
FROM pg_catalog.pg_trigger AS t
WHERE t.tgfoid = %(routine)s AND NOT t.tgisinternal
ORDER BY
  pg_catalog.age(t.xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::xid) DESC,
  t.tgrelid
LIMIT 20
