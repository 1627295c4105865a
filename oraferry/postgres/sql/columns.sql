-- A domain is shown as the type that it stands on; its NOT NULL and default are the column's.
SELECT a.attname, a.attnum, format_type(base.id, NULL), base.typmod,
       a.attnotnull OR base.not_null,
       coalesce(pg_get_expr(d.adbin, d.adrelid), base.usual), a.attidentity, a.attgenerated,
       col_description(c.oid, a.attnum), base.schema,
       CASE WHEN t.typtype = 'd' THEN quote_ident(tn.nspname) || '.' || quote_ident(t.typname) END
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
CROSS JOIN LATERAL (
  WITH RECURSIVE under AS (
    SELECT 1 AS depth, t.oid AS id, a.atttypmod AS typmod, t.typnotnull AS not_null,
           t.typdefault AS usual
    WHERE t.typtype = 'd'
    UNION ALL
    SELECT u.depth + 1, o.typbasetype, o.typtypmod, u.not_null OR b.typnotnull,
           coalesce(u.usual, CASE WHEN b.typtype = 'd' THEN b.typdefault END)
    FROM under u
    JOIN pg_type o ON o.oid = u.id AND o.typtype = 'd'
    JOIN pg_type b ON b.oid = o.typbasetype
  )
  SELECT f.id, f.typmod, f.not_null, f.usual, n.nspname AS schema
  FROM (SELECT * FROM under
        UNION ALL
        SELECT 0, t.oid, a.atttypmod, false, NULL
        ORDER BY depth DESC LIMIT 1) f
  JOIN pg_type y ON y.oid = f.id
  JOIN pg_namespace n ON n.oid = y.typnamespace
) base
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
