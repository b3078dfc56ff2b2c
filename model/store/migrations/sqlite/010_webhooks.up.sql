-- Subscriptions of other systems, and how far each has come. The secret is
-- sealed; version counts the locks taken.
CREATE TABLE IF NOT EXISTS webhook (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  owner TEXT NOT NULL,
  feed TEXT NOT NULL,
  url TEXT NOT NULL,
  secret BLOB NOT NULL,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  failing_since INTEGER NOT NULL,
  last_status INTEGER NOT NULL,
  last_failure TEXT NOT NULL,
  tried_at INTEGER NOT NULL,
  delivered_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  claim TEXT NOT NULL,
  claimed_until INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS webhook_owner ON webhook (owner, id);
--bun:split
-- What a target did not take in a day; without payload.
CREATE TABLE IF NOT EXISTS dead_letter (
  id TEXT NOT NULL,
  webhook TEXT NOT NULL,
  epoch TEXT NOT NULL,
  from_seq INTEGER NOT NULL,
  to_seq INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  status INTEGER NOT NULL,
  failure TEXT NOT NULL,
  since INTEGER NOT NULL,
  died_at INTEGER NOT NULL,
  PRIMARY KEY (webhook, id)
) STRICT;
