SELECT c.conname
FROM pg_constraint c
WHERE c.conrelid = %(table)s::regclass
UNION ALL
SELECT i.relname
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = %(table)s::regclass
