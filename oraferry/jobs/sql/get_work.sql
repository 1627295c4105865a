SELECT request, scn
FROM oraferry_jobs.job
WHERE id = %(job_id)s
