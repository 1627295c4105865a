-- What was tried again or given up, and how often, the newest last.
SELECT e.body ->> 'code', (e.body ->> 'table')::int, count(*), max(e.at),
       (array_agg(e.body ->> 'message' ORDER BY e.id DESC))[1]
FROM oraferry_jobs.event e
WHERE e.job_id = %(job_id)s AND e.kind IN ('task.failed', 'task.split', 'task.later', 'table.restarted')
GROUP BY 1, 2
ORDER BY max(e.id)
