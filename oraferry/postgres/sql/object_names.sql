SELECT t.place, 'constraints' AS kind, c.conname AS name
FROM unnest(%(tables)s::text[]) WITH ORDINALITY AS t(name, place)
JOIN pg_constraint c ON c.conrelid = t.name::regclass
UNION ALL
SELECT t.place, 'indexes', i.relname
FROM unnest(%(tables)s::text[]) WITH ORDINALITY AS t(name, place)
JOIN pg_index x ON x.indrelid = t.name::regclass
JOIN pg_class i ON i.oid = x.indexrelid
UNION ALL
SELECT t.place, 'taken', r.relname
FROM unnest(%(tables)s::text[]) WITH ORDINALITY AS t(name, place)
JOIN unnest(%(places)s::int[], %(wanted)s::text[]) AS w(place, name) ON w.place = t.place
JOIN pg_class own ON own.oid = t.name::regclass
JOIN pg_class r ON r.relnamespace = own.relnamespace AND r.relname = w.name
WHERE NOT EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = r.oid AND x.indrelid = own.oid)
