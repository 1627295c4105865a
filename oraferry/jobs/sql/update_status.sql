UPDATE oraferry_jobs.job j
SET status = %(status)s,
    updated_at = clock_timestamp(),
    -- A job that goes on has no end yet, and no reason for it.
    error = CASE WHEN %(status)s = 'PENDING' THEN NULL ELSE COALESCE(%(error)s, j.error) END,
    verified = CASE WHEN %(status)s = 'PENDING' THEN NULL ELSE COALESCE(%(verified)s, j.verified) END,
    cancel_requested = j.cancel_requested AND %(status)s <> 'PENDING',
    notes = j.notes || %(notes)s::jsonb,
    started_at = CASE WHEN %(status)s = 'IN_PROGRESS' THEN COALESCE(j.started_at, clock_timestamp())
                      ELSE j.started_at END,
    finished_at = CASE WHEN %(status)s = 'PENDING' THEN NULL
                       WHEN %(status)s IN ('COMPLETED', 'FAILED', 'CANCELLED')
                       THEN clock_timestamp() ELSE j.finished_at END
WHERE j.id = %(job_id)s
  AND EXISTS (SELECT 1 FROM oraferry_jobs.job_transition t
              WHERE t.from_status = j.status AND t.to_status = %(status)s)
RETURNING j.status
