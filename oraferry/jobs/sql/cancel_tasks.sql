UPDATE oraferry_jobs.task
SET status = 'CANCELLED', finished_at = clock_timestamp()
WHERE job_id = %(job_id)s AND status IN ('READY', 'BLOCKED')
