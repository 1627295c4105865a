SELECT p.table_name, p.partitioning_type, p.subpartitioning_type, p.interval
FROM all_part_tables p
WHERE p.owner = :owner AND p.table_name IN (/*names*/)
