INSERT INTO oraferry_jobs.job_table (job_id, number, plan, source, target, total)
VALUES (%(job_id)s, %(number)s, %(plan)s, %(source)s, %(target)s, %(total)s)
