-- More tasks like the claimed one, if its table is small: first attempts at whole small tables.
-- A part is left to other lanes.
WITH candidate AS (
  SELECT t.job_id, t.number
  FROM oraferry_jobs.task t
  JOIN oraferry_jobs.job_table b ON b.job_id = t.job_id AND b.number = t.table_number
  WHERE t.job_id = %(job_id)s
    AND t.status = 'READY'
    AND t.kind = %(kind)s
    AND t.attempt = 0
    AND t.number > %(number)s
    AND t.next_at <= clock_timestamp()
    AND b.total <= %(small_rows)s
    AND EXISTS (SELECT 1 FROM oraferry_jobs.job_table own
                WHERE own.job_id = %(job_id)s AND own.number = %(table_number)s
                  AND own.total <= %(small_rows)s)
    AND (t.kind = 'finish' OR t.chunk ->> 'kind' = 'whole')
  ORDER BY t.number
  LIMIT LEAST(%(most)s, (SELECT count(*) / 4 FROM oraferry_jobs.task r
                         WHERE r.job_id = %(job_id)s AND r.status = 'READY'))
  FOR UPDATE OF t SKIP LOCKED
)
UPDATE oraferry_jobs.task t
SET status = 'LEASED',
    attempt = t.attempt + 1,
    claims = t.claims + 1,
    token = gen_random_uuid(),
    worker = %(worker)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    started_at = COALESCE(t.started_at, clock_timestamp())
FROM candidate c
WHERE t.job_id = c.job_id AND t.number = c.number
RETURNING t.job_id::text, t.number, t.kind, t.table_number, t.chunk, t.attempt, t.token::text,
          t.scn, t.replaces, t.depth
