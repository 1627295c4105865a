-- Chunks after a claimed one that nobody has begun, and what the table's chunks have given so far:
-- rows per second of a lane. Of what waits only half a lane's share is given, so that all lanes are
-- done at about the same time.
WITH lanes AS (
  SELECT GREATEST(count(*), 1) AS number
  FROM oraferry_jobs.worker
  WHERE seen_at > clock_timestamp() - make_interval(secs => %(silence)s)
), pace AS (
  SELECT sum(d.rows) / NULLIF(sum(extract(epoch FROM d.finished_at - d.started_at)), 0) AS rows_per_second
  FROM oraferry_jobs.task d
  WHERE d.job_id = %(job_id)s AND d.table_number = %(table_number)s
    AND d.kind = 'copy' AND d.status = 'DONE'
)
SELECT t.number, t.chunk, pace.rows_per_second::double precision
FROM oraferry_jobs.task t, pace
WHERE t.job_id = %(job_id)s AND t.table_number = %(table_number)s
  AND t.kind = 'copy' AND t.status = 'READY' AND t.claims = 0 AND t.number > %(number)s
  AND t.scn IS NOT DISTINCT FROM %(scn)s::numeric AND t.replaces IS NULL
  AND pace.rows_per_second > 0
  AND EXISTS (SELECT 1 FROM oraferry_jobs.task own
              WHERE own.job_id = %(job_id)s AND own.number = %(number)s AND own.claims = 1)
ORDER BY t.number
LIMIT LEAST(%(most)s, (SELECT count(*) FROM oraferry_jobs.task r
                       WHERE r.job_id = %(job_id)s AND r.status = 'READY')
                      / (2 * (SELECT number FROM lanes)))
FOR UPDATE OF t SKIP LOCKED
