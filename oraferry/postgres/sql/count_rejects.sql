SELECT table_number, concat_ws(': ', column_name, reason), count(*)
FROM oraferry.quarantine
WHERE job_id = %(job_id)s AND table_number = ANY(%(numbers)s::int[])
GROUP BY 1, 2
ORDER BY 1, 2
