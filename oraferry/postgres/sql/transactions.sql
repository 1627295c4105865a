SELECT task_number, mod(xid::text::numeric, 4294967296)::bigint
FROM oraferry.ledger
WHERE job_id = %(job_id)s AND table_number = %(table_number)s AND NOT replaced
