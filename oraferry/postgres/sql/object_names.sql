SELECT t.place, c.conname
FROM unnest(%(tables)s::text[]) WITH ORDINALITY AS t(name, place)
JOIN pg_constraint c ON c.conrelid = t.name::regclass
UNION ALL
SELECT t.place, i.relname
FROM unnest(%(tables)s::text[]) WITH ORDINALITY AS t(name, place)
JOIN pg_index x ON x.indrelid = t.name::regclass
JOIN pg_class i ON i.oid = x.indexrelid
