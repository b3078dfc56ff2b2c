-- Names and keys are ascii_bin: other collations make A1/er equal a1/ER.
-- Times are milliseconds since 1970 UTC, 0 where no moment is known.
CREATE TABLE IF NOT EXISTS meta (
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
INSERT IGNORE INTO meta (name, value) VALUES ('epoch', '{{.Epoch}}'), ('mode', '{{.Mode}}');
--bun:split
-- A row without a region has only been locked, never saved.
CREATE TABLE IF NOT EXISTS hospital (
  id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  region VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
  name VARCHAR(400) NOT NULL DEFAULT '',
  tel VARCHAR(200) NOT NULL DEFAULT '',
  missed INT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS emergency_room_info (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  er MEDIUMTEXT NOT NULL,
  beds MEDIUMTEXT NOT NULL,
  observed_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS icu (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  readings MEDIUMTEXT NOT NULL,
  observed_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS equipment (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  readings MEDIUMTEXT NOT NULL,
  observed_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS feed (
  name VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq BIGINT NOT NULL,
  first_seq BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (name),
  KEY feed_changed_at (changed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS feed_event (
  feed VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq BIGINT NOT NULL,
  digest CHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (feed, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS feed_key (
  feed VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `key` VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq BIGINT NOT NULL,
  gone BOOLEAN NOT NULL,
  value MEDIUMTEXT NOT NULL,
  PRIMARY KEY (feed, `key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS source (
  name VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  complete_at BIGINT NOT NULL,
  interval_ms BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS ingest_run (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  source VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  interval_ms BIGINT NOT NULL,
  seen INT NOT NULL,
  changed INT NOT NULL,
  rejected MEDIUMTEXT NOT NULL,
  complete BOOLEAN NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (id),
  KEY ingest_run_started (source, started_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS lease (
  name VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
