INSERT INTO oraferry_jobs.task (job_id, number, job_number, kind, status)
VALUES (%(job_id)s, 0, %(job_number)s, 'plan', 'READY')
