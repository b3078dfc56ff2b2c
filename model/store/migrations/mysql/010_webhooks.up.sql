-- Subscriptions of other systems, and how far each has come. The secret is
-- sealed; version counts the locks taken.
CREATE TABLE IF NOT EXISTS webhook (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  owner VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  feed VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  url VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  secret VARBINARY(2000) NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  why VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  epoch VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq BIGINT NOT NULL,
  failures INT NOT NULL,
  failing_since BIGINT NOT NULL,
  last_status INT NOT NULL,
  last_failure VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tried_at BIGINT NOT NULL,
  delivered_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  claim VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  claimed_until BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY webhook_owner (owner, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- What a target did not take in a day; without payload.
CREATE TABLE IF NOT EXISTS dead_letter (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  webhook VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  epoch VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_seq BIGINT NOT NULL,
  to_seq BIGINT NOT NULL,
  attempts INT NOT NULL,
  status INT NOT NULL,
  failure VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  since BIGINT NOT NULL,
  died_at BIGINT NOT NULL,
  PRIMARY KEY (webhook, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
