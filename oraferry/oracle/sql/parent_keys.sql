SELECT c.constraint_name, c.table_name, c.column_name, c.position
FROM all_cons_columns c
WHERE c.owner = :owner AND c.constraint_name IN (/*names*/)
