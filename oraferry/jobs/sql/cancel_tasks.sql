-- A task that is being claimed right now is skipped: its heartbeat hears of the cancel.
UPDATE oraferry_jobs.task
SET status = 'CANCELLED', finished_at = clock_timestamp()
WHERE (job_id, number) IN (
  SELECT t.job_id, t.number
  FROM oraferry_jobs.task t
  WHERE t.job_id = %(job_id)s AND t.status IN ('READY', 'BLOCKED')
  FOR UPDATE SKIP LOCKED
)
