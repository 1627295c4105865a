UPDATE oraferry_jobs.task t
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    rows = GREATEST(t.rows, %(rows)s),
    bytes = GREATEST(t.bytes, %(bytes)s)
FROM oraferry_jobs.job j
WHERE t.job_id = %(job_id)s AND t.number = %(number)s AND t.token = %(token)s
  AND t.status = 'LEASED' AND j.id = t.job_id
RETURNING j.cancel_requested OR j.status IN ('COMPLETED', 'FAILED', 'CANCELLED'), j.throttle
