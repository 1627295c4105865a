CREATE SCHEMA IF NOT EXISTS oraferry;
CREATE TABLE IF NOT EXISTS oraferry.ledger (
  job_id       uuid        NOT NULL,
  task_number  integer     NOT NULL,
  table_number integer     NOT NULL,
  rows         bigint      NOT NULL DEFAULT 0,
  digest       text        NOT NULL DEFAULT '',
  altered      jsonb       NOT NULL DEFAULT '{}',
  xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
  token        text        NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (job_id, task_number)
);
COMMENT ON SCHEMA oraferry IS 'Bookkeeping of oraferry: which chunk was committed by which transaction';
