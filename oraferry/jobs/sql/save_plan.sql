UPDATE oraferry_jobs.job
SET scn = %(scn)s, notes = notes || %(notes)s::jsonb, sequences = %(sequences)s,
    updated_at = clock_timestamp()
WHERE id = %(job_id)s
