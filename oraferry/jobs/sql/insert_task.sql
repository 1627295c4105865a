INSERT INTO oraferry_jobs.task (job_id, number, job_number, kind, table_number, chunk, status)
SELECT %(job_id)s, %(number)s, j.number, %(kind)s, %(table_number)s, %(chunk)s, %(status)s
FROM oraferry_jobs.job j
WHERE j.id = %(job_id)s
