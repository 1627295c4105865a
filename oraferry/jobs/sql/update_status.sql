UPDATE oraferry_jobs.job j
SET status = %(status)s,
    updated_at = clock_timestamp(),
    error = COALESCE(%(error)s, j.error),
    verified = COALESCE(%(verified)s, j.verified),
    notes = j.notes || %(notes)s::jsonb,
    started_at = CASE WHEN %(status)s = 'IN_PROGRESS' THEN COALESCE(j.started_at, clock_timestamp())
                      ELSE j.started_at END,
    finished_at = CASE WHEN %(status)s IN ('COMPLETED', 'FAILED', 'CANCELLED')
                       THEN clock_timestamp() ELSE j.finished_at END
WHERE j.id = %(job_id)s
  AND EXISTS (SELECT 1 FROM oraferry_jobs.job_transition t
              WHERE t.from_status = j.status AND t.to_status = %(status)s)
RETURNING j.status
