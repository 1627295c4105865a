-- Rows that were put into the target's quarantine table instead of the table.
ALTER TABLE task ADD COLUMN set_aside bigint NOT NULL DEFAULT 0;
