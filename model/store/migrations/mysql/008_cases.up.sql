-- sealed: the clinical part, unreadable without the case's key; empty when that was destroyed.
CREATE TABLE IF NOT EXISTS patient_condition (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  locks BIGINT NOT NULL,
  version BIGINT NOT NULL,
  unit VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  region VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  winner VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ktas INT NOT NULL,
  category VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  age_band VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sex VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sealed BLOB NOT NULL,
  shown BOOLEAN NOT NULL,
  keyed BOOLEAN NOT NULL,
  opened_at BIGINT NOT NULL,
  moved_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY patient_condition_unit (unit, id),
  KEY patient_condition_region (region, id),
  KEY patient_condition_state (state, opened_at),
  KEY patient_condition_closed (keyed, closed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS case_key (
  case_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  wrapped VARBINARY(1024) NOT NULL,
  PRIMARY KEY (case_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
