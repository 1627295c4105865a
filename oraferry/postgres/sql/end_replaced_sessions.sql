-- Sessions that load one of these chunks are named after it (copier.application_name).
SELECT count(pg_terminate_backend(pid, 5000))
FROM pg_stat_activity
WHERE application_name LIKE 'oraferry:' || left(replace(%(job_id)s, '-', ''), 24) || ':%%'
  AND split_part(application_name, ':', 3) IN (SELECT n::text FROM unnest(%(numbers)s::int[]) n)
  AND pid <> pg_backend_pid()
