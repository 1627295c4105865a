-- A job with thousands of tables: what one table's task asks for must not read all the others.

CREATE INDEX task_of_table ON task (job_id, table_number);
CREATE INDEX task_open ON task (job_id, kind) WHERE status <> 'DONE';
