SELECT b.number, b.source, b.target, b.total, b.verified, b.source_rows, b.target_rows,
       b.source_digest, b.target_digest, b.findings,
       COALESCE(sum(t.rows) FILTER (WHERE t.kind = 'copy' AND t.status IN ('DONE', 'LEASED')), 0)::bigint,
       COALESCE(sum(t.bytes) FILTER (WHERE t.kind = 'copy' AND t.status IN ('DONE', 'LEASED')), 0)::bigint,
       count(*) FILTER (WHERE t.kind = 'copy' AND t.status = 'DONE'),
       count(*) FILTER (WHERE t.kind = 'copy'),
       bool_or(t.status = 'FAILED'),
       bool_or(t.kind = 'copy' AND t.started_at IS NOT NULL),
       bool_or(t.kind = 'finish' AND t.status = 'DONE'),
       extract(epoch FROM max(t.finished_at) FILTER (WHERE t.kind = 'copy')
                        - min(t.started_at) FILTER (WHERE t.kind = 'copy'))::float8,
       extract(epoch FROM clock_timestamp() - min(t.started_at) FILTER (WHERE t.kind = 'copy'))::float8,
       (array_agg(t.error) FILTER (WHERE t.error IS NOT NULL))[1],
       COALESCE(jsonb_agg(t.altered) FILTER (WHERE t.altered <> '{}'), '[]'),
       COALESCE(sum(t.set_aside), 0)::bigint
FROM oraferry_jobs.job_table b
LEFT JOIN oraferry_jobs.task t ON t.job_id = b.job_id AND t.table_number = b.number
WHERE b.job_id = %(job_id)s
GROUP BY b.job_id, b.number
ORDER BY b.number
