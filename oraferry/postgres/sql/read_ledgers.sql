-- With the transactions as a row's xmin shows them, and what was seen of their rows.
SELECT l.job_id::text, l.task_number, l.table_number, l.rows, l.digest, l.altered, l.set_aside,
       mod(l.xid::text::numeric, 4294967296)::bigint, r.rows, r.high, r.low
FROM oraferry.ledger l
LEFT JOIN oraferry.lookback r USING (job_id, task_number, xid)
WHERE l.job_id = %(job_id)s AND NOT l.replaced AND l.table_number = ANY(%(numbers)s::int[])
ORDER BY l.task_number
