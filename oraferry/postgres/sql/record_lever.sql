INSERT INTO oraferry.lever (job_id, table_number, target_table, kind, name, restore)
VALUES (%(job_id)s, %(table_number)s, %(table)s, %(kind)s, %(name)s, %(restore)s)
