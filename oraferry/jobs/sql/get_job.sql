SELECT id::text, status, request, created_at, updated_at, cancel_requested, scn, error,
       comparison, notes, verified, started_at, finished_at, throttle
FROM oraferry_jobs.job
WHERE id = %(job_id)s
