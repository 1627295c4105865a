SELECT c.type_name, c.elem_type_name, c.elem_type_owner, c.elem_type_mod
FROM all_coll_types c
WHERE c.owner = :owner AND c.type_name IN (/*names*/)
