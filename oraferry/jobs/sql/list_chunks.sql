SELECT t.number, t.status, t.chunk, COALESCE(t.scn, j.scn), t.rows
FROM oraferry_jobs.task t
JOIN oraferry_jobs.job j ON j.id = t.job_id
WHERE t.job_id = %(job_id)s AND t.table_number = %(table_number)s AND t.kind = 'copy'
ORDER BY t.number
