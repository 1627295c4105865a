-- Book the time of so many rows behind what the other lanes have booked; seconds until it begins.
WITH now AS (SELECT clock_timestamp() AS at), booked AS (
  SELECT j.id, GREATEST(j.paced_until, now.at) AS begins
  FROM oraferry_jobs.job j, now
  WHERE j.id = %(job_id)s AND j.throttle ? 'rows_per_second'
  FOR NO KEY UPDATE OF j
)
UPDATE oraferry_jobs.job j
SET paced_until = b.begins
  + make_interval(secs => %(rows)s / (j.throttle ->> 'rows_per_second')::double precision)
FROM booked b, now
WHERE j.id = b.id
RETURNING extract(epoch FROM j.paced_until - now.at)::double precision
