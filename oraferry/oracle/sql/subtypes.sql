SELECT t.supertype_name, t.type_name
FROM all_types t
WHERE t.supertype_owner = :owner AND t.supertype_name IN (/*names*/)
