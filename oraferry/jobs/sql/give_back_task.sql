UPDATE oraferry_jobs.task
SET status = %(status)s, lease_until = NULL, token = NULL, error = %(error)s,
    attempt = attempt - %(uncount)s,
    finished_at = CASE WHEN %(status)s = 'FAILED' THEN clock_timestamp() END,
    next_at = clock_timestamp() + make_interval(secs => %(wait_seconds)s)
WHERE job_id = %(job_id)s AND number = %(number)s AND token = %(token)s AND status = 'LEASED'
RETURNING number
