-- A leased chunk makes place for others.
UPDATE oraferry_jobs.task
SET status = 'REPLACED', lease_until = NULL, token = NULL, error = %(error)s,
    finished_at = clock_timestamp()
WHERE job_id = %(job_id)s AND number = %(number)s AND token = %(token)s AND status = 'LEASED'
RETURNING number
