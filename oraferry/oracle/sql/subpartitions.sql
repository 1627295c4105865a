SELECT p.table_name, p.partition_name, p.subpartition_name, p.subpartition_position
FROM all_tab_subpartitions p
WHERE p.table_owner = :owner AND p.table_name IN (/*names*/)
