INSERT INTO oraferry.repair
  (job_id, source_table, target_table, scn, rows_inserted, rows_updated, rows_deleted,
   digest_before, digest_after)
VALUES
  (%(job_id)s, %(source_table)s, %(target_table)s, %(scn)s, %(inserted)s, %(updated)s, %(deleted)s,
   %(before)s, %(after)s)
RETURNING id
