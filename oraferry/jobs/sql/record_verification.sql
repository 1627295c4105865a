UPDATE oraferry_jobs.job_table
SET verified = %(verified)s, source_rows = %(source_rows)s, target_rows = %(target_rows)s,
    source_digest = %(source_digest)s, target_digest = %(target_digest)s,
    findings = %(findings)s, notes = %(notes)s
WHERE job_id = %(job_id)s AND number = %(number)s
