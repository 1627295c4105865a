UPDATE oraferry_jobs.task
SET status = 'DONE', lease_until = NULL, finished_at = clock_timestamp(), error = NULL,
    rows = %(rows)s, bytes = %(bytes)s, digest = %(digest)s, altered = %(altered)s,
    set_aside = %(set_aside)s
WHERE job_id = %(job_id)s AND number = %(number)s AND token = %(token)s AND status = 'LEASED'
RETURNING kind, table_number
