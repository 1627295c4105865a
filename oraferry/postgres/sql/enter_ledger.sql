INSERT INTO oraferry.ledger (job_id, task_number, table_number, token)
VALUES (%(job_id)s, %(task_number)s, %(table_number)s, %(token)s)
ON CONFLICT (job_id, task_number) DO NOTHING
