-- One more task of the job, READY, under the next number.
INSERT INTO oraferry_jobs.task
  (job_id, number, job_number, kind, table_number, chunk, status, scn, replaces, depth)
SELECT j.id, (SELECT max(t.number) + 1 FROM oraferry_jobs.task t WHERE t.job_id = j.id), j.number,
       %(kind)s, %(table_number)s, %(chunk)s, 'READY', %(scn)s, %(replaces)s, %(depth)s
FROM oraferry_jobs.job j
WHERE j.id = %(job_id)s
