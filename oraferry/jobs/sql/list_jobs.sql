SELECT id::text, status, request, created_at, updated_at, cancel_requested, scn, error,
       comparison, notes, verified, started_at, finished_at, throttle
FROM oraferry_jobs.job
WHERE (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(before)s::uuid IS NULL
       OR number < (SELECT b.number FROM oraferry_jobs.job b WHERE b.id = %(before)s))
ORDER BY number DESC
LIMIT %(limit)s
