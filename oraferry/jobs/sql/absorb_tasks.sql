UPDATE oraferry_jobs.task
SET status = 'REPLACED', finished_at = clock_timestamp()
WHERE job_id = %(job_id)s AND number = ANY(%(numbers)s) AND status = 'READY' AND claims = 0
