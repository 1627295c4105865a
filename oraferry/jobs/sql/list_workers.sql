SELECT id, host, pid, seen_at, task
FROM oraferry_jobs.worker
WHERE seen_at > clock_timestamp() - interval '5 minutes'
ORDER BY id
