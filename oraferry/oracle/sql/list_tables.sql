SELECT t.table_name
FROM all_tables t
WHERE t.owner = :owner
  AND t.temporary = 'N'
  AND t.nested = 'NO'
  AND t.secondary = 'N'
  AND t.iot_name IS NULL
  AND (t.dropped IS NULL OR t.dropped = 'NO')
ORDER BY t.table_name
