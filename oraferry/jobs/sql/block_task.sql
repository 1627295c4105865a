-- A leased task waits for others again; this attempt does not count.
UPDATE oraferry_jobs.task
SET status = 'BLOCKED', lease_until = NULL, token = NULL, attempt = attempt - 1
WHERE job_id = %(job_id)s AND number = %(number)s AND token = %(token)s AND status = 'LEASED'
RETURNING number
