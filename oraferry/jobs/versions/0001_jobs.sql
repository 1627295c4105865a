-- Jobs, their tables and tasks; outbox, events, workers. Times are the server's own.

CREATE TABLE job (
  id               uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  number           bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
  idempotency_key  text        UNIQUE,
  request          jsonb       NOT NULL,
  comparison       jsonb       NOT NULL DEFAULT '[]',
  status           text        NOT NULL DEFAULT 'PENDING'
    CHECK (status IN ('PENDING', 'SUBMITTED', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED')),
  cancel_requested boolean     NOT NULL DEFAULT false,
  scn              numeric,
  error            jsonb,
  notes            jsonb       NOT NULL DEFAULT '[]',
  sequences        jsonb       NOT NULL DEFAULT '[]',
  verified         boolean,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at       timestamptz,
  finished_at      timestamptz
);

-- Which status may follow which; the only place that says so.
CREATE TABLE job_transition (
  from_status text NOT NULL,
  to_status   text NOT NULL,
  PRIMARY KEY (from_status, to_status)
);
INSERT INTO job_transition VALUES
  ('PENDING', 'SUBMITTED'), ('PENDING', 'IN_PROGRESS'), ('PENDING', 'FAILED'), ('PENDING', 'CANCELLED'),
  ('SUBMITTED', 'IN_PROGRESS'), ('SUBMITTED', 'FAILED'), ('SUBMITTED', 'CANCELLED'),
  ('IN_PROGRESS', 'COMPLETED'), ('IN_PROGRESS', 'FAILED'), ('IN_PROGRESS', 'CANCELLED');

CREATE TABLE job_table (
  job_id        uuid    NOT NULL REFERENCES job ON DELETE CASCADE,
  number        integer NOT NULL,
  plan          jsonb   NOT NULL,
  source        text    NOT NULL,
  target        text    NOT NULL,
  total         bigint,
  verified      boolean,
  source_rows   bigint,
  target_rows   bigint,
  source_digest text,
  target_digest text,
  findings      jsonb   NOT NULL DEFAULT '[]',
  notes         jsonb   NOT NULL DEFAULT '[]',
  PRIMARY KEY (job_id, number)
);

CREATE TABLE task (
  job_id       uuid        NOT NULL REFERENCES job ON DELETE CASCADE,
  number       integer     NOT NULL,
  job_number   bigint      NOT NULL,
  kind         text        NOT NULL CHECK (kind IN ('plan', 'copy', 'finish', 'conclude')),
  table_number integer,
  chunk        jsonb,
  status       text        NOT NULL
    CHECK (status IN ('BLOCKED', 'READY', 'LEASED', 'DONE', 'FAILED', 'CANCELLED')),
  attempt      integer     NOT NULL DEFAULT 0,
  next_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  token        uuid,
  worker       text,
  lease_until  timestamptz,
  rows         bigint      NOT NULL DEFAULT 0,
  bytes        bigint      NOT NULL DEFAULT 0,
  digest       text,
  altered      jsonb       NOT NULL DEFAULT '{}',
  error        jsonb,
  started_at   timestamptz,
  finished_at  timestamptz,
  PRIMARY KEY (job_id, number)
);
-- The claim's ORDER BY is this index: without it claiming slows with the number of tasks.
CREATE INDEX task_ready ON task (job_number, number) WHERE status = 'READY';
CREATE INDEX task_leased ON task (lease_until) WHERE status = 'LEASED';

CREATE TABLE outbox (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id  uuid   NOT NULL REFERENCES job ON DELETE CASCADE,
  next_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE event (
  id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid        NOT NULL REFERENCES job ON DELETE CASCADE,
  at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind   text        NOT NULL,
  body   jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX event_of_job ON event (job_id, id);

CREATE FUNCTION notify_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('oraferry_events', NEW.job_id::text);
  RETURN NULL;
END $$;
CREATE TRIGGER event_notify AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION notify_event();

CREATE TABLE worker (
  id      text        PRIMARY KEY,
  host    text        NOT NULL,
  pid     integer     NOT NULL,
  task    text,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
