-- Entries that are not sealed yet.
CREATE TABLE IF NOT EXISTS audit_open (
  entry_id TEXT NOT NULL PRIMARY KEY
) STRICT;
--bun:split
-- The chain: seq has no hole. digest is that of the entry, hash that of the chain up to it.
CREATE TABLE IF NOT EXISTS audit_seal (
  seq INTEGER NOT NULL PRIMARY KEY,
  entry_id TEXT NOT NULL UNIQUE,
  digest TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
--bun:split
-- Where the chain ends, signed by whoever sealed it last.
CREATE TABLE IF NOT EXISTS audit_head (
  name TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL,
  kid TEXT NOT NULL,
  signature TEXT NOT NULL,
  sealed_at INTEGER NOT NULL
) STRICT;
