SELECT p.table_name, p.partition_name, p.partition_position, p.subpartition_count, p.high_value
FROM all_tab_partitions p
WHERE p.table_owner = :owner AND p.table_name IN (/*names*/)
