DELETE FROM oraferry.quarantine
WHERE job_id = %(job_id)s AND task_number = ANY(%(numbers)s::int[])
