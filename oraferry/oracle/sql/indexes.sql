SELECT i.table_name, i.owner, i.index_name, i.index_type, i.uniqueness
FROM all_indexes i
WHERE i.table_owner = :owner AND i.table_name IN (/*names*/)
