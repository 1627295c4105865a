-- So that this transaction writes, and its commit waits for the one that loaded the chunk.
UPDATE oraferry.ledger
SET committed_at = committed_at
WHERE job_id = %(job_id)s AND task_number = %(task_number)s
