SELECT a.type_name, a.attr_name, a.attr_type_name, a.attr_type_owner, a.attr_type_mod
FROM all_type_attrs a
WHERE a.owner = :owner AND a.type_name IN (/*names*/)
ORDER BY a.type_name, a.attr_no
