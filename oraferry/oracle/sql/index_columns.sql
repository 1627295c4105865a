SELECT i.table_name, i.index_owner, i.index_name, i.column_name, i.column_position, i.descend
FROM all_ind_columns i
WHERE i.table_owner = :owner AND i.table_name IN (/*names*/)
