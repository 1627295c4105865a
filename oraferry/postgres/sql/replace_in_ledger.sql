-- The transactions of the chunks that were in, as xmin shows them, and how many rows each wrote.
WITH had AS (
  SELECT l.task_number, mod(l.xid::text::numeric, 4294967296)::bigint AS xid, l.rows
  FROM oraferry.ledger l
  WHERE l.job_id = %(job_id)s AND l.task_number = ANY(%(numbers)s::int[]) AND NOT l.replaced
  FOR UPDATE
)
UPDATE oraferry.ledger l
SET replaced = true
FROM had
WHERE l.job_id = %(job_id)s AND l.task_number = had.task_number
RETURNING had.xid, had.rows
