SELECT e.table_name
FROM all_external_tables e
WHERE e.owner = :owner AND e.table_name IN (/*names*/)
