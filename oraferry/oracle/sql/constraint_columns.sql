SELECT c.table_name, c.constraint_name, c.column_name, c.position
FROM all_cons_columns c
WHERE c.owner = :owner AND c.table_name IN (/*names*/)
