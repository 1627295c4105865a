INSERT INTO oraferry_jobs.worker (id, host, pid, task) VALUES (%(id)s, %(host)s, %(pid)s, %(task)s)
ON CONFLICT (id) DO UPDATE SET task = EXCLUDED.task, seen_at = clock_timestamp()
