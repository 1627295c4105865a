UPDATE oraferry.ledger
SET rows = %(rows)s, digest = %(digest)s, altered = %(altered)s,
    set_aside = %(set_aside)s
WHERE job_id = %(job_id)s AND task_number = %(task_number)s
