SELECT i.table_name, i.column_name, i.generation_type, i.sequence_name
FROM all_tab_identity_cols i
WHERE i.owner = :owner AND i.table_name IN (/*names*/)
