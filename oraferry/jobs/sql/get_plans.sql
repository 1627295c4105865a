SELECT plan::text
FROM oraferry_jobs.job_table
WHERE job_id = %(job_id)s AND (%(number)s::int IS NULL OR number = %(number)s)
ORDER BY number
