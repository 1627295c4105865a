SELECT t.table_name, t.iot_type, t.temporary, t.cluster_name, t.partitioned, t.num_rows,
       t.blocks, t.avg_row_len
FROM all_tables t
WHERE t.owner = :owner AND t.table_name IN (/*names*/)
