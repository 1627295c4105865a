INSERT INTO oraferry_jobs.task (job_id, number, job_number, kind, table_number, chunk, status)
SELECT j.id, t.number, j.number, t.kind, t.table_number, t.chunk, t.status
FROM oraferry_jobs.job j,
     jsonb_to_recordset(%(tasks)s) AS t(
       number integer, kind text, table_number integer, chunk jsonb, status text)
WHERE j.id = %(job_id)s
