-- Who did what, written once and never changed.
CREATE TABLE IF NOT EXISTS audit (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at BIGINT NOT NULL,
  actor VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  origin VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  operation VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  detail VARCHAR(1000) NOT NULL,
  reason VARCHAR(2000) NOT NULL,
  request VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id),
  KEY audit_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- What a command came to, under its caller's Idempotency-Key; for a day.
CREATE TABLE IF NOT EXISTS command (
  actor VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `key` VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  digest VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  result MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (actor, `key`),
  KEY command_created_at (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
