SELECT v.view_name
FROM all_views v
WHERE v.owner = :owner AND v.view_name IN (/*names*/)
