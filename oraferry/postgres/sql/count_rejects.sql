SELECT concat_ws(': ', column_name, reason), count(*)
FROM oraferry.quarantine
WHERE job_id = %(job_id)s AND table_number = %(table_number)s
GROUP BY 1
ORDER BY 1
