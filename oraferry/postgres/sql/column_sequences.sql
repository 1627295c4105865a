-- The sequences that number a table's columns, by identity or by their default.
SELECT a.attname, s.id::regclass::text, q.seqincrement, q.seqmin, q.seqmax
FROM (
  SELECT d.refobjsubid AS number, d.objid AS id
  FROM pg_depend d
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid = %(table)s::regclass AND d.deptype = 'i'
  UNION
  SELECT f.adnum, d.refobjid
  FROM pg_attrdef f
  JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
                  AND d.refclassid = 'pg_class'::regclass
  WHERE f.adrelid = %(table)s::regclass
) s
JOIN pg_sequence q ON q.seqrelid = s.id
JOIN pg_attribute a ON a.attrelid = %(table)s::regclass AND a.attnum = s.number
ORDER BY a.attnum
