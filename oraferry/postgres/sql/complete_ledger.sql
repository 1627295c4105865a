UPDATE oraferry.ledger
SET rows = %(rows)s, digest = %(digest)s, altered = %(altered)s,
    set_aside = %(set_aside)s,
    end_block = pg_relation_size(%(table)s::regclass) / current_setting('block_size')::int
WHERE job_id = %(job_id)s AND task_number = %(task_number)s
