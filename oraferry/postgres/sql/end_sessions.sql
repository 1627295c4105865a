SELECT count(pg_terminate_backend(pid, 5000))
FROM pg_stat_activity
WHERE application_name LIKE %(pattern)s
  AND application_name <> %(mine)s
  AND pid <> pg_backend_pid()
