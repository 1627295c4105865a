SELECT i.table_name, i.index_owner, i.index_name, i.column_position, i.column_expression
FROM all_ind_expressions i
WHERE i.table_owner = :owner AND i.table_name IN (/*names*/)
