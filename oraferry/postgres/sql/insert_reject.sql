INSERT INTO oraferry.quarantine
  (job_id, task_number, number, table_number, source_table, target_table,
   source_rowid, column_name, code, reason, content)
VALUES
  (%(job_id)s, %(task_number)s, %(number)s, %(table_number)s, %(source_table)s, %(target_table)s,
   %(source_rowid)s, %(column_name)s, %(code)s, %(reason)s, %(content)s)
