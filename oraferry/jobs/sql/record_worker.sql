INSERT INTO oraferry_jobs.worker (id, host, pid, task, session)
VALUES (%(id)s, %(host)s, %(pid)s, %(task)s, pg_backend_pid())
ON CONFLICT (id) DO UPDATE
SET task = EXCLUDED.task, session = EXCLUDED.session, seen_at = clock_timestamp()
