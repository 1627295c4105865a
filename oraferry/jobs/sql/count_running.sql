SELECT count(DISTINCT worker) FILTER (WHERE kind IN ('plan', 'copy')), count(DISTINCT worker)
FROM oraferry_jobs.task
WHERE job_id = %(job_id)s AND status = 'LEASED'
