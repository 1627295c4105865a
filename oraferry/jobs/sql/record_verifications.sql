WITH recorded AS (
  UPDATE oraferry_jobs.job_table b
  SET verified = s.verified, source_rows = s.source_rows, target_rows = s.target_rows,
      source_digest = s.source_digest, target_digest = s.target_digest,
      findings = s.findings, notes = s.notes
  FROM jsonb_to_recordset(%(seen)s) AS s(
    number integer, verified boolean, source_rows bigint, target_rows bigint,
    source_digest text, target_digest text, findings jsonb, notes jsonb)
  WHERE b.job_id = %(job_id)s AND b.number = s.number
  RETURNING b.number, b.verified
)
INSERT INTO oraferry_jobs.event (job_id, kind, body)
SELECT %(job_id)s, 'table.verified', jsonb_build_object('table', number, 'verified', verified)
FROM recorded
ORDER BY number
