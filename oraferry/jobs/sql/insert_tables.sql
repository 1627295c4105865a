INSERT INTO oraferry_jobs.job_table (job_id, number, plan, source, target, total)
SELECT %(job_id)s::uuid, b.number, b.plan, b.source, b.target, b.total
FROM jsonb_to_recordset(%(tables)s::jsonb) AS b(
  number integer, plan jsonb, source text, target text, total bigint)
