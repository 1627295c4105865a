INSERT INTO oraferry_jobs.job_table (job_id, number, plan, source, target, total)
SELECT %(job_id)s::uuid, b.number, b.plan::jsonb, b.source, b.target, b.total
FROM unnest(%(numbers)s::int[], %(plans)s::text[], %(sources)s::text[], %(targets)s::text[],
            %(totals)s::bigint[]) AS b(number, plan, source, target, total)
