SELECT job_id::text, task_number, table_number, rows, digest, altered, set_aside
FROM oraferry.ledger
WHERE job_id = %(job_id)s AND NOT replaced
  AND (%(table_number)s::int IS NULL OR table_number = %(table_number)s)
ORDER BY task_number
