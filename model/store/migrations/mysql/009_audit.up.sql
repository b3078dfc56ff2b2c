-- Entries that are not sealed yet.
CREATE TABLE IF NOT EXISTS audit_open (
  entry_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (entry_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- The chain: seq has no hole. digest is that of the entry, hash that of the chain up to it.
CREATE TABLE IF NOT EXISTS audit_seal (
  seq BIGINT NOT NULL,
  entry_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (seq),
  UNIQUE KEY audit_seal_entry (entry_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- Where the chain ends, signed by whoever sealed it last.
CREATE TABLE IF NOT EXISTS audit_head (
  name VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq BIGINT NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kid VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  signature VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sealed_at BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
