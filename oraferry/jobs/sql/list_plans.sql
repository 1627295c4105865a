SELECT plan::text
FROM oraferry_jobs.job_table
WHERE job_id = %(job_id)s AND number = ANY(%(numbers)s)
ORDER BY number
