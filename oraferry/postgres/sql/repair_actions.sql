-- Foreign keys of other tables whose action would change rows there: what deleting or updating a
-- row of ours sets off, the columns of ours that they lean on, and the condition of the join.
SELECT c.conrelid::regclass::text, c.conname,
       c.confdeltype IN ('c', 'n', 'd'), c.confupdtype IN ('c', 'n', 'd'),
       array_agg(ours.attname::text ORDER BY k.place),
       string_agg(format('t.%%I = child.%%I', ours.attname, theirs.attname), ' AND ' ORDER BY k.place)
FROM pg_constraint c
CROSS JOIN LATERAL unnest(c.confkey, c.conkey) WITH ORDINALITY AS k (our_number, their_number, place)
JOIN pg_attribute ours ON ours.attrelid = c.confrelid AND ours.attnum = k.our_number
JOIN pg_attribute theirs ON theirs.attrelid = c.conrelid AND theirs.attnum = k.their_number
WHERE c.contype = 'f' AND c.confrelid = %(table)s::regclass AND c.conrelid <> c.confrelid
  AND (c.confdeltype IN ('c', 'n', 'd') OR c.confupdtype IN ('c', 'n', 'd'))
GROUP BY c.oid, c.conrelid, c.conname, c.confdeltype, c.confupdtype
ORDER BY 1, 2
