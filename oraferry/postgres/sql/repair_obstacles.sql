-- What keeps a relation from being repaired row by row, the first that holds.
WITH RECURSIVE holders AS (
  SELECT %(table)s::regclass::oid AS id
  UNION
  SELECT i.inhrelid FROM pg_inherits i JOIN holders h ON i.inhparent = h.id
)
SELECT CASE
  WHEN c.relkind NOT IN ('r', 'p') THEN 'it is no table'
  WHEN row_security_active(c.oid) THEN 'row-level security hides or refuses rows of it'
  WHEN EXISTS (SELECT 1 FROM holders h JOIN pg_class p ON p.oid = h.id WHERE p.relkind = 'f')
    THEN 'a part of it is a foreign table'
  WHEN EXISTS (SELECT 1 FROM holders h JOIN pg_rewrite r ON r.ev_class = h.id
               WHERE r.ev_type IN ('2', '3', '4'))
    THEN 'it has rules that rewrite INSERT, UPDATE or DELETE'
END
FROM pg_class c
WHERE c.oid = %(table)s::regclass
