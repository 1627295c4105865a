SELECT k.name, k.column_name, k.column_position
FROM all_part_key_columns k
WHERE k.owner = :owner AND k.name IN (/*names*/) AND RTRIM(k.object_type) = 'TABLE'
