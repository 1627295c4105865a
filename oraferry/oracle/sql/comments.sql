SELECT c.table_name, NULL AS column_name, c.comments
FROM all_tab_comments c
WHERE c.owner = :owner AND c.table_name IN (/*names*/) AND c.comments IS NOT NULL
UNION ALL
SELECT c.table_name, c.column_name, c.comments
FROM all_col_comments c
WHERE c.owner = :owner AND c.table_name IN (/*names*/) AND c.comments IS NOT NULL
