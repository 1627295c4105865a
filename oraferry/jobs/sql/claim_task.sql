WITH running AS (
  -- Lanes, not tasks: a lane holds several small ones, in turn, over the same sessions.
  SELECT r.job_id, count(DISTINCT r.worker) FILTER (WHERE r.kind IN ('plan', 'copy')) AS reading,
         count(DISTINCT r.worker) AS writing
  FROM oraferry_jobs.task r
  WHERE r.status = 'LEASED'
  GROUP BY r.job_id
), full_job AS (
  SELECT j.id,
         COALESCE(r.reading >= (j.throttle ->> 'source_sessions')::int, false) AS no_reading,
         COALESCE(r.writing >= (j.throttle ->> 'target_sessions')::int, false) AS no_writing
  FROM oraferry_jobs.job j
  JOIN running r ON r.job_id = j.id
  WHERE j.throttle <> '{}'
), candidate AS (
  SELECT t.job_id, t.number, j.status AS job_status, j.throttle
  FROM oraferry_jobs.task t
  JOIN oraferry_jobs.job j ON j.id = t.job_id
  WHERE t.status = 'READY'
    AND t.next_at <= clock_timestamp()
    AND (%(job_id)s::uuid IS NULL OR t.job_id = %(job_id)s)
    AND j.status IN ('PENDING', 'SUBMITTED', 'IN_PROGRESS')
    AND NOT j.cancel_requested
    AND NOT EXISTS (SELECT 1 FROM full_job f
                    WHERE f.id = t.job_id
                      AND (f.no_writing OR f.no_reading AND t.kind IN ('plan', 'copy')))
  ORDER BY t.job_number, t.number
  LIMIT 1
  FOR UPDATE OF t SKIP LOCKED
)
UPDATE oraferry_jobs.task t
SET status = 'LEASED',
    attempt = t.attempt + 1,
    claims = t.claims + 1,
    token = gen_random_uuid(),
    worker = %(worker)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    started_at = COALESCE(t.started_at, clock_timestamp()),
    rows_again = t.rows_again + t.rows,
    rows = 0,
    bytes = 0
FROM candidate c
WHERE t.job_id = c.job_id AND t.number = c.number
RETURNING t.job_id::text, t.number, t.kind, t.table_number, t.chunk, t.attempt, t.token::text,
          t.scn, t.replaces, t.depth, c.job_status, c.throttle
