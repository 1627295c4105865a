-- A task that goes back as it was: a polite stop, or a cancel.
UPDATE oraferry_jobs.task
SET status = %(status)s, lease_until = NULL, token = NULL, attempt = attempt - 1,
    next_at = clock_timestamp()
WHERE job_id = %(job_id)s AND number = %(number)s AND token = %(token)s AND status = 'LEASED'
RETURNING number
