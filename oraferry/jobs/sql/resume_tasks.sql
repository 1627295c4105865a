-- What failed or was cancelled waits again, with fresh attempts; so does looking at what differed.
UPDATE oraferry_jobs.task t
SET status = CASE WHEN t.kind IN ('plan', 'copy') THEN 'READY' ELSE 'BLOCKED' END,
    forgiven = t.attempt, failing_since = NULL, next_at = clock_timestamp(),
    finished_at = NULL, lease_until = NULL, token = NULL, error = NULL
WHERE t.job_id = %(job_id)s
  AND (t.status IN ('FAILED', 'CANCELLED')
       OR (t.status = 'DONE' AND t.kind = 'conclude')
       OR (t.status = 'DONE' AND t.kind = 'finish' AND EXISTS (
             SELECT 1 FROM oraferry_jobs.job_table b
             WHERE b.job_id = t.job_id AND b.number = t.table_number AND b.verified IS NOT TRUE)))
