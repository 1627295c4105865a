-- A commit that waits for the disk waits for all that was committed before it, too.
UPDATE oraferry.ledger
SET committed_at = clock_timestamp()
FROM set_config('synchronous_commit', 'on', true) AS durable
WHERE job_id = %(job_id)s AND task_number = %(last)s
RETURNING (SELECT count(*) FROM oraferry.ledger AS l
           WHERE l.job_id = %(job_id)s AND l.task_number = ANY(%(numbers)s::int[])
             AND NOT l.replaced)
