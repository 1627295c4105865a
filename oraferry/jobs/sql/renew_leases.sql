UPDATE oraferry_jobs.task t
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
FROM unnest(%(numbers)s::int[], %(tokens)s::uuid[]) AS mine(number, token)
WHERE t.job_id = %(job_id)s AND t.number = mine.number AND t.token = mine.token
  AND t.status = 'LEASED'
