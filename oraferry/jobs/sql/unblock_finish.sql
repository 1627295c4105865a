UPDATE oraferry_jobs.task f
SET status = 'READY', next_at = clock_timestamp()
WHERE f.job_id = %(job_id)s AND f.kind = 'finish' AND f.status = 'BLOCKED'
  AND (%(tables)s::int[] IS NULL OR f.table_number = ANY(%(tables)s))
  AND NOT EXISTS (SELECT 1 FROM oraferry_jobs.task c
                  WHERE c.job_id = f.job_id AND c.kind IN ('plan', 'copy')
                    AND c.table_number = f.table_number AND c.status NOT IN ('DONE', 'REPLACED'))
