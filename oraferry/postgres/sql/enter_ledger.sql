-- Until the transaction ends the session goes by the claim's name, and its COMMIT waits for the
-- disk as it should: one round trip for what every chunk begins with.
INSERT INTO oraferry.ledger (job_id, task_number, table_number, token, first_block)
SELECT %(job_id)s::uuid, %(task_number)s::int, %(table_number)s::int, %(token)s::text,
       pg_relation_size(%(table)s::regclass) / current_setting('block_size')::int
FROM set_config('application_name', %(name)s, true) AS named,
     set_config('synchronous_commit', %(commit)s, true) AS durable
ON CONFLICT (job_id, task_number) DO NOTHING
