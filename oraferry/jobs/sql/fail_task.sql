-- READY after a back-off, or FAILED: permanent, out of attempts, or an outage that lasts too long.
WITH judged AS (
  SELECT t.job_id, t.number, t.attempt - t.forgiven AS tries,
         %(retryable)s AND (
           t.attempt - t.forgiven < %(max_attempts)s
           OR (%(is_outage)s AND clock_timestamp() < COALESCE(t.failing_since, clock_timestamp())
                                                    + make_interval(secs => %(outage_seconds)s))
         ) AS again
  FROM oraferry_jobs.task t
  WHERE t.job_id = %(job_id)s AND t.number = %(number)s AND t.token = %(token)s
    AND t.status = 'LEASED'
  FOR UPDATE
)
UPDATE oraferry_jobs.task t
SET status = CASE WHEN v.again THEN 'READY' ELSE 'FAILED' END,
    lease_until = NULL, token = NULL, error = %(error)s,
    failing_since = CASE WHEN %(is_outage)s THEN COALESCE(t.failing_since, clock_timestamp()) END,
    finished_at = CASE WHEN v.again THEN NULL ELSE clock_timestamp() END,
    next_at = clock_timestamp() + make_interval(secs => CASE WHEN v.again THEN
      %(jitter)s * LEAST(CASE WHEN %(is_outage)s THEN %(outage_wait_seconds)s ELSE %(longest_wait_seconds)s END,
                         power(2.0, LEAST(v.tries, 16)) / 2) ELSE 0 END)
FROM judged v
WHERE t.job_id = v.job_id AND t.number = v.number
RETURNING v.again, t.table_number
