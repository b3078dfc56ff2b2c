-- Who did what, written once and never changed.
CREATE TABLE IF NOT EXISTS audit (
  id TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  origin TEXT NOT NULL,
  subject TEXT NOT NULL,
  operation TEXT NOT NULL,
  detail TEXT NOT NULL,
  reason TEXT NOT NULL,
  request TEXT NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
--bun:split
-- What a command came to, under its caller's Idempotency-Key; for a day.
CREATE TABLE IF NOT EXISTS command (
  actor TEXT NOT NULL,
  `key` TEXT NOT NULL,
  holder TEXT NOT NULL,
  digest TEXT NOT NULL,
  result TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (actor, `key`)
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS command_created_at ON command (created_at);
