CREATE TABLE IF NOT EXISTS unit (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  call_sign TEXT NOT NULL,
  region TEXT NOT NULL,
  organisation TEXT NOT NULL,
  kind TEXT NOT NULL,
  active INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS unit_region ON unit (region, id);
