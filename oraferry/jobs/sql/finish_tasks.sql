WITH finished AS (
  UPDATE oraferry_jobs.task t
  SET status = 'DONE', lease_until = NULL, finished_at = clock_timestamp(), error = NULL,
      rows = d.rows, bytes = d.bytes, digest = d.digest, altered = d.altered,
      set_aside = d.set_aside
  FROM jsonb_to_recordset(%(done)s) AS d(
    number integer, token uuid, rows bigint, bytes bigint, digest text, altered jsonb,
    set_aside bigint)
  WHERE t.job_id = %(job_id)s AND t.number = d.number AND t.token = d.token
    AND t.status = 'LEASED'
  RETURNING t.number, t.kind, t.table_number, t.rows, t.set_aside
), told AS (
  INSERT INTO oraferry_jobs.event (job_id, kind, body)
  SELECT %(job_id)s, 'task.done',
         jsonb_build_object('task', number, 'kind', kind, 'table', table_number, 'rows', rows)
         || CASE WHEN set_aside > 0 THEN jsonb_build_object('set_aside', set_aside) ELSE '{}' END
  FROM finished
  ORDER BY number
)
SELECT number FROM finished
