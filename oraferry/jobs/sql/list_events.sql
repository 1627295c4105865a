SELECT id, job_id::text, at, kind, body
FROM oraferry_jobs.event
WHERE job_id = %(job_id)s AND id > %(after)s
ORDER BY id
LIMIT %(limit)s
