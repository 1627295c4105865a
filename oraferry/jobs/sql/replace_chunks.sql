-- All chunks of a table make place, or those named; who holds one learns that the lease is lost.
UPDATE oraferry_jobs.task
SET status = 'REPLACED', lease_until = NULL, token = NULL, finished_at = clock_timestamp()
WHERE job_id = %(job_id)s AND table_number = %(table_number)s AND kind = 'copy'
  AND status <> 'REPLACED'
  AND (%(numbers)s::int[] IS NULL OR number = ANY(%(numbers)s::int[]))
RETURNING number, chunk
