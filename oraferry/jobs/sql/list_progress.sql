SELECT b.number, b.source, b.target, b.total, b.verified, b.source_rows, b.target_rows,
       b.source_digest, b.target_digest, b.findings,
       COALESCE(sum(t.rows) FILTER (WHERE t.kind = 'copy' AND t.status IN ('DONE', 'LEASED')), 0)::bigint,
       COALESCE(sum(t.bytes) FILTER (WHERE t.kind = 'copy' AND t.status IN ('DONE', 'LEASED')), 0)::bigint,
       count(*) FILTER (WHERE t.kind = 'copy' AND t.status = 'DONE'),
       count(*) FILTER (WHERE t.kind = 'copy' AND t.status <> 'REPLACED'),
       bool_or(t.status = 'FAILED'),
       bool_or(t.kind = 'copy' AND t.started_at IS NOT NULL),
       bool_or(t.kind = 'finish' AND t.status = 'DONE'),
       extract(epoch FROM max(t.finished_at) FILTER (WHERE t.kind = 'copy')
                        - min(t.started_at) FILTER (WHERE t.kind = 'copy'))::float8,
       extract(epoch FROM clock_timestamp() - min(t.started_at) FILTER (WHERE t.kind = 'copy'))::float8,
       (array_agg(t.error) FILTER (WHERE t.error IS NOT NULL AND t.status <> 'REPLACED'))[1],
       COALESCE(jsonb_agg(t.altered) FILTER (WHERE t.altered <> '{}' AND t.status <> 'REPLACED'), '[]'),
       COALESCE(sum(t.set_aside) FILTER (WHERE t.status <> 'REPLACED'), 0)::bigint,
       COALESCE(sum(GREATEST(t.attempt - 1, 0)), 0)::bigint,
       COALESCE(sum(t.rows_again) FILTER (WHERE t.kind = 'copy'), 0)::bigint
       + COALESCE(sum(t.rows) FILTER (WHERE t.kind = 'copy' AND t.status = 'REPLACED'), 0)::bigint,
       b.splits, b.restarts,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('scn', r.scn, 'chunks', r.chunks, 'rows', r.rows)
                                  ORDER BY r.scn), '[]')
        FROM (SELECT COALESCE(c.scn, j.scn)::bigint AS scn, count(*) AS chunks, sum(c.rows)::bigint AS rows
              FROM oraferry_jobs.task c
              JOIN oraferry_jobs.job j ON j.id = c.job_id
              WHERE c.job_id = b.job_id AND c.table_number = b.number AND c.kind = 'copy'
                AND c.status = 'DONE'
              GROUP BY 1) r)
FROM oraferry_jobs.job_table b
LEFT JOIN oraferry_jobs.task t ON t.job_id = b.job_id AND t.table_number = b.number
WHERE b.job_id = %(job_id)s AND (%(numbers)s::int[] IS NULL OR b.number = ANY(%(numbers)s))
GROUP BY b.job_id, b.number
ORDER BY b.number
