UPDATE oraferry_jobs.job
SET throttle = %(throttle)s, paced_until = '-infinity', updated_at = clock_timestamp()
WHERE id = %(job_id)s AND status IN ('PENDING', 'SUBMITTED', 'IN_PROGRESS')
RETURNING id
