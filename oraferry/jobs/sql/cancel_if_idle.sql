UPDATE oraferry_jobs.job j
SET status = 'CANCELLED', updated_at = clock_timestamp(), finished_at = clock_timestamp()
WHERE j.id = %(job_id)s
  AND j.cancel_requested
  AND j.status IN ('PENDING', 'SUBMITTED', 'IN_PROGRESS')
  AND NOT EXISTS (SELECT 1 FROM oraferry_jobs.task t
                  WHERE t.job_id = j.id AND t.status = 'LEASED')
RETURNING j.id
