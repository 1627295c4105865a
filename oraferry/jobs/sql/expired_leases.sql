-- Leases whose time is over, or whose worker is gone: not heard of for two beats, and its session has
-- ended too, as it does at once when a process is killed. A worker that hangs or that the network
-- cuts off keeps its session, and its lease; one that lost its session to a restart of this server
-- has time to come back.
SELECT job_id::text, number, kind, table_number, chunk, attempt, token::text,
       scn, replaces, depth
FROM oraferry_jobs.task t
WHERE status = 'LEASED'
  AND (lease_until < clock_timestamp()
       OR EXISTS (SELECT FROM oraferry_jobs.worker w
                  WHERE w.id = t.worker AND w.session IS NOT NULL
                    AND w.seen_at < clock_timestamp() - make_interval(secs => %(silence)s)
                    AND NOT EXISTS (SELECT FROM pg_stat_get_activity(w.session))
                    AND pg_postmaster_start_time()
                        < clock_timestamp() - make_interval(secs => %(grace)s)))
FOR UPDATE SKIP LOCKED
