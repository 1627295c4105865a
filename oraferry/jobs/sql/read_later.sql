-- The same chunk again, at another SCN.
UPDATE oraferry_jobs.task
SET status = 'READY', lease_until = NULL, token = NULL, scn = %(scn)s, error = %(error)s,
    forgiven = attempt, next_at = clock_timestamp()
WHERE job_id = %(job_id)s AND number = %(number)s AND token = %(token)s AND status = 'LEASED'
RETURNING number
