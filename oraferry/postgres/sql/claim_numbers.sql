INSERT INTO oraferry.ledger (job_id, task_number, table_number, token)
SELECT %(job_id)s, n, %(table_number)s, 'replaced'
FROM unnest(%(numbers)s::int[]) n
ORDER BY n
ON CONFLICT (job_id, task_number) DO NOTHING
