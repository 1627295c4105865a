UPDATE oraferry_jobs.task
SET chunk = %(chunk)s
WHERE job_id = %(job_id)s AND number = %(number)s AND token = %(token)s AND status = 'LEASED'
