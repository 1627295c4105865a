SELECT t.type_name, t.typecode
FROM all_types t
WHERE t.owner = :owner AND t.type_name IN (/*names*/)
