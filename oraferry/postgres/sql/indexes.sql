-- An index that was left invalid is no key to rely on.
SELECT i.relname, x.indisunique AND x.indisvalid, m.amname, pg_get_expr(x.indpred, x.indrelid),
       array_agg(pg_get_indexdef(x.indexrelid, k.place::int, true) ORDER BY k.place),
       array_agg(x.indkey[k.place - 1] = 0 ORDER BY k.place),
       array_agg((x.indoption[k.place - 1] & 1) = 1 ORDER BY k.place)
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_am m ON m.oid = i.relam
CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) AS k(place)
WHERE x.indrelid = %(oid)s
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x'))
GROUP BY i.relname, x.indisunique, x.indisvalid, m.amname, x.indpred, x.indrelid
ORDER BY i.relname
