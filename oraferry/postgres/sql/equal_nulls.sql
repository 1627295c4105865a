-- True when a unique index on just these columns takes two NULLs for the same (PostgreSQL 15).
SELECT EXISTS (
  SELECT FROM pg_index x
  WHERE x.indrelid = %(table)s::regclass AND x.indisunique AND x.indisvalid AND x.indpred IS NULL
    AND (to_jsonb(x) ->> 'indnullsnotdistinct')::boolean
    AND %(key)s::text[] = (
      SELECT array_agg(a.attname::text ORDER BY a.attname::text)
      FROM generate_series(1, x.indnkeyatts) AS k(place)
      JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.place - 1])
)
