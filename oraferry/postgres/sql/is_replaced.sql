SELECT replaced
FROM oraferry.ledger
WHERE job_id = %(job_id)s AND task_number = %(task_number)s
