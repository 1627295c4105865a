INSERT INTO oraferry_jobs.task (job_id, number, job_number, kind, table_number, chunk, status)
SELECT j.id, t.number, j.number, t.kind, t.table_number, t.chunk::jsonb, t.status
FROM oraferry_jobs.job j,
     unnest(%(numbers)s::int[], %(kinds)s::text[], %(tables)s::int[], %(chunks)s::text[],
            %(statuses)s::text[]) AS t(number, kind, table_number, chunk, status)
WHERE j.id = %(job_id)s
