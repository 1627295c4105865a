-- The checks of a table that a row fulfils or not by itself, by columns that are moved.
SELECT pg_catalog.quote_ident(c.conname), pg_catalog.pg_get_constraintdef(c.oid)
FROM pg_catalog.pg_constraint AS c
WHERE c.conrelid = %(table)s::regclass
  AND c.contype = 'c'
  AND c.conkey <@ ARRAY(
    SELECT a.attnum
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.conrelid AND a.attname = ANY (%(columns)s::name[]) AND a.attgenerated = ''
  )
ORDER BY 1
