SELECT c.table_name, c.column_name, c.data_type, c.data_type_owner, c.data_length,
       c.data_precision, c.data_scale, c.nullable, c.column_id, c.internal_column_id,
       c.char_length, c.char_used, c.hidden_column, c.virtual_column, c.default_on_null,
       c.user_generated, c.data_default, c.data_type_mod
FROM all_tab_cols c
WHERE c.owner = :owner AND c.table_name IN (/*names*/)
