SELECT g.table_name, g.trigger_name
FROM all_triggers g
WHERE g.table_owner = :owner AND g.table_name IN (/*names*/) AND g.status = 'ENABLED'
