SELECT c.conname, c.contype, c.condeferrable, c.condeferred, c.convalidated,
       (SELECT array_agg(a.attname ORDER BY k.place)
        FROM unnest(c.conkey) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
       fn.nspname, f.relname,
       (SELECT array_agg(a.attname ORDER BY k.place)
        FROM unnest(c.confkey) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number),
       c.confdeltype, pg_get_expr(c.conbin, c.conrelid)
FROM pg_constraint c
LEFT JOIN pg_class f ON f.oid = c.confrelid
LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE c.conrelid = %(oid)s AND c.contype IN ('p', 'u', 'f', 'c')
ORDER BY c.conname
