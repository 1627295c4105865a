INSERT INTO oraferry_jobs.event (job_id, kind, body) VALUES (%(job_id)s, %(kind)s, %(body)s)
