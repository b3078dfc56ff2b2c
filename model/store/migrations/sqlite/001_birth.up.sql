-- Times are milliseconds since 1970 UTC, 0 where no moment is known.
CREATE TABLE IF NOT EXISTS meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
--bun:split
INSERT OR IGNORE INTO meta (name, value) VALUES ('epoch', '{{.Epoch}}'), ('mode', '{{.Mode}}');
--bun:split
-- A row without a region has only been locked, never saved.
CREATE TABLE IF NOT EXISTS hospital (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  region TEXT NULL,
  name TEXT NOT NULL DEFAULT '',
  tel TEXT NOT NULL DEFAULT '',
  missed INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS emergency_room_info (
  hospital_id TEXT NOT NULL PRIMARY KEY,
  er TEXT NOT NULL,
  beds TEXT NOT NULL,
  observed_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS icu (
  hospital_id TEXT NOT NULL PRIMARY KEY,
  readings TEXT NOT NULL,
  observed_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS equipment (
  hospital_id TEXT NOT NULL PRIMARY KEY,
  readings TEXT NOT NULL,
  observed_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS feed (
  name TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS feed_changed_at ON feed (changed_at);
--bun:split
CREATE TABLE IF NOT EXISTS feed_event (
  feed TEXT NOT NULL,
  seq INTEGER NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (feed, seq)
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS feed_key (
  feed TEXT NOT NULL,
  `key` TEXT NOT NULL,
  seq INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (feed, `key`)
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS source (
  name TEXT NOT NULL PRIMARY KEY,
  complete_at INTEGER NOT NULL,
  interval_ms INTEGER NOT NULL
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS ingest_run (
  id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  interval_ms INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  rejected TEXT NOT NULL,
  complete INTEGER NOT NULL,
  error TEXT NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS ingest_run_started ON ingest_run (source, started_at);
--bun:split
CREATE TABLE IF NOT EXISTS lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
