SELECT job_id::text, number, kind, table_number, chunk, attempt, token::text,
       scn, replaces, depth
FROM oraferry_jobs.task
WHERE status = 'LEASED' AND lease_until < clock_timestamp()
FOR UPDATE SKIP LOCKED
