SELECT m.mview_name
FROM all_mviews m
WHERE m.owner = :owner AND m.mview_name IN (/*names*/)
