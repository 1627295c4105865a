UPDATE oraferry_jobs.task e
SET status = 'READY', next_at = clock_timestamp()
WHERE e.job_id = %(job_id)s AND e.kind = 'conclude' AND e.status = 'BLOCKED'
  AND NOT EXISTS (SELECT 1 FROM oraferry_jobs.task f
                  WHERE f.job_id = e.job_id AND f.kind IN ('plan', 'copy', 'finish')
                    AND f.status NOT IN ('DONE', 'REPLACED'))
