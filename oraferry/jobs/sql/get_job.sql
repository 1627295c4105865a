SELECT j.id::text, j.status, j.request, j.created_at, j.updated_at, j.cancel_requested, j.scn,
       j.error, j.comparison,
       -- What the end of each table had to leave out is told with the rest.
       j.notes || COALESCE((SELECT jsonb_agg(n.note ORDER BY b.number)
                            FROM oraferry_jobs.job_table b, jsonb_array_elements(b.notes) n(note)
                            WHERE b.job_id = j.id), '[]'),
       j.verified, j.started_at, j.finished_at, j.throttle
FROM oraferry_jobs.job j
WHERE j.id = %(job_id)s
