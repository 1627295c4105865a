-- Where the rows of a chunk are, and its transaction as a row's xmin shows it.
SELECT xid::text, mod(xid::text::numeric, 4294967296)::bigint, rows, first_block, end_block
FROM oraferry.ledger
WHERE job_id = %(job_id)s AND task_number = %(task_number)s AND NOT replaced
