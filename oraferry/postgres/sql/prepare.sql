CREATE TABLE IF NOT EXISTS oraferry.ledger (
  job_id       uuid        NOT NULL,
  task_number  integer     NOT NULL,
  table_number integer     NOT NULL,
  rows         bigint      NOT NULL DEFAULT 0,
  digest       text        NOT NULL DEFAULT '',
  altered      jsonb       NOT NULL DEFAULT '{}',
  set_aside    bigint      NOT NULL DEFAULT 0,
  replaced     boolean     NOT NULL DEFAULT false,
  first_block  bigint,
  end_block    bigint,
  xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
  token        text        NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (job_id, task_number)
);
-- A ledger of an older version. Asked first: ADD COLUMN IF NOT EXISTS locks out running chunks.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_attribute
    WHERE attrelid = 'oraferry.ledger'::regclass AND attname = 'set_aside'
  ) THEN
    ALTER TABLE oraferry.ledger ADD COLUMN set_aside bigint NOT NULL DEFAULT 0;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_attribute
    WHERE attrelid = 'oraferry.ledger'::regclass AND attname = 'replaced'
  ) THEN
    ALTER TABLE oraferry.ledger ADD COLUMN replaced boolean NOT NULL DEFAULT false;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_attribute
    WHERE attrelid = 'oraferry.ledger'::regclass AND attname = 'first_block'
  ) THEN
    ALTER TABLE oraferry.ledger ADD COLUMN first_block bigint, ADD COLUMN end_block bigint;
  END IF;
END
$$;
-- What was seen of a chunk's rows in the table after it was committed. A chunk that others wrote
-- anew has another xid: what was seen before does not speak for it.
CREATE TABLE IF NOT EXISTS oraferry.lookback (
  job_id      uuid    NOT NULL,
  task_number integer NOT NULL,
  xid         xid8    NOT NULL,
  rows        bigint  NOT NULL,
  high        numeric NOT NULL,
  low         numeric NOT NULL,
  PRIMARY KEY (job_id, task_number, xid)
);
CREATE TABLE IF NOT EXISTS oraferry.quarantine (
  job_id        uuid        NOT NULL,
  task_number   integer     NOT NULL,
  number        integer     NOT NULL,
  table_number  integer     NOT NULL,
  source_table  text        NOT NULL,
  target_table  text        NOT NULL,
  source_rowid  text,
  column_name   text,
  code          text        NOT NULL,
  reason        text        NOT NULL,
  content       jsonb       NOT NULL,
  set_aside_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (job_id, task_number, number),
  -- Rejects live and die with the ledger row of their chunk.
  FOREIGN KEY (job_id, task_number) REFERENCES oraferry.ledger
    ON DELETE CASCADE ON UPDATE CASCADE
);
COMMENT ON TABLE oraferry.quarantine IS
  'Rows that could not be loaded: where they are in the source, why, and what could be kept of them';
COMMENT ON SCHEMA oraferry IS 'Bookkeeping of oraferry: which chunk was committed by which transaction';
CREATE TABLE IF NOT EXISTS oraferry.lever (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id       uuid        NOT NULL,
  table_number integer     NOT NULL,
  target_table text        NOT NULL,
  kind         text        NOT NULL,
  name         text        NOT NULL,
  restore      text        NOT NULL,
  pulled_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  restored_at  timestamptz
);
COMMENT ON TABLE oraferry.lever IS
  'What was dropped or disabled for a load, and the statement that brings it back';
CREATE TABLE IF NOT EXISTS oraferry.repair (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id        uuid,
  source_table  text        NOT NULL,
  target_table  text        NOT NULL,
  scn           numeric     NOT NULL,
  rows_inserted bigint      NOT NULL,
  rows_updated  bigint      NOT NULL,
  rows_deleted  bigint      NOT NULL,
  digest_before text        NOT NULL,
  digest_after  text        NOT NULL,
  xid           xid8        NOT NULL DEFAULT pg_current_xact_id(),
  repaired_by   text        NOT NULL DEFAULT session_user,
  repaired_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE oraferry.repair IS
  'Tables that were brought to the source''s values at an SCN, each in the transaction that did it';
