-- With the transactions as a row's xmin shows them.
SELECT job_id::text, task_number, table_number, rows, digest, altered, set_aside,
       mod(xid::text::numeric, 4294967296)::bigint
FROM oraferry.ledger
WHERE job_id = %(job_id)s AND NOT replaced AND table_number = ANY(%(numbers)s::int[])
ORDER BY task_number
