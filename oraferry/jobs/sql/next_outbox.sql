SELECT id, job_id::text
FROM oraferry_jobs.outbox
WHERE next_at <= clock_timestamp()
ORDER BY id
LIMIT 1
FOR UPDATE SKIP LOCKED
