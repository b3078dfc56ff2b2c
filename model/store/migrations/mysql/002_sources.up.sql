{{if .Lacks "hospital" "missed_by"}}
-- What the list says has its own columns; name and tel stay the bed report's.
-- as_observed: the readings shown are those of the base.
-- missed_by: polls without the hospital, by source; NULL in rows of older nodes.
ALTER TABLE hospital
  ADD COLUMN listed BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN listed_name VARCHAR(400) NOT NULL DEFAULT '',
  ADD COLUMN listed_region VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN listed_tel VARCHAR(200) NOT NULL DEFAULT '',
  ADD COLUMN main_tel VARCHAR(200) NOT NULL DEFAULT '',
  ADD COLUMN address VARCHAR(400) NOT NULL DEFAULT '',
  ADD COLUMN district VARCHAR(40) NOT NULL DEFAULT '',
  ADD COLUMN level VARCHAR(20) NOT NULL DEFAULT '',
  ADD COLUMN level_name VARCHAR(100) NOT NULL DEFAULT '',
  ADD COLUMN lat DOUBLE NULL,
  ADD COLUMN lon DOUBLE NULL,
  ADD COLUMN base VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN as_observed BOOLEAN NOT NULL DEFAULT TRUE,
  ADD COLUMN missed_by TEXT NULL;
{{end}}
--bun:split
-- The last observation of each source.
CREATE TABLE IF NOT EXISTS observation (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  source VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  readings MEDIUMTEXT NOT NULL,
  observed_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id, source)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- One row a hospital: SQL always reads all that it declares, and who accepts a
-- disease is found in the state of the feeds, where no SQL is.
CREATE TABLE IF NOT EXISTS severe_disease_acceptance (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  declarations MEDIUMTEXT NOT NULL,
  PRIMARY KEY (hospital_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS er_announcement (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  code VARCHAR(20) NOT NULL,
  disease VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  text TEXT NOT NULL,
  department VARCHAR(200) NOT NULL,
  lifted BOOLEAN NOT NULL,
  automatic BOOLEAN NOT NULL,
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  since_at BIGINT NOT NULL,
  missed INT NOT NULL,
  PRIMARY KEY (hospital_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- said: what each source said of the item when the person spoke.
CREATE TABLE IF NOT EXISTS correction (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  item VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value TEXT NOT NULL,
  said TEXT NOT NULL,
  made_by VARCHAR(100) NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id, item),
  KEY correction_ends_at (ends_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS hospital_override (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  field VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARCHAR(400) NOT NULL,
  owner VARCHAR(100) NOT NULL,
  reason VARCHAR(500) NOT NULL,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id, field)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- day: of Korea, as 2026-11-23.
CREATE TABLE IF NOT EXISTS quota (
  operation VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  calls INT NOT NULL,
  PRIMARY KEY (operation, day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- Until now there was one source, whose last observation is what was shown.
INSERT INTO observation (hospital_id, source, readings, observed_at, received_at)
SELECT h.id, 'egen.beds', JSON_MERGE_PATCH(e.er, e.beds, i.readings, d.readings), e.observed_at, e.received_at
FROM hospital AS h
JOIN emergency_room_info AS e ON e.hospital_id = h.id
JOIN icu AS i ON i.hospital_id = h.id
JOIN equipment AS d ON d.hospital_id = h.id
WHERE h.region IS NOT NULL AND h.missed_by IS NULL
AND NOT EXISTS (SELECT 1 FROM observation AS o WHERE o.hospital_id = h.id);
--bun:split
-- Of a hospital that was withdrawn nothing is shown.
UPDATE emergency_room_info SET er = '{}', beds = '{}', observed_at = 0, received_at = 0 WHERE hospital_id IN
(SELECT id FROM hospital WHERE missed >= 2 AND missed_by IS NULL);
--bun:split
UPDATE icu SET readings = '{}', observed_at = 0, received_at = 0 WHERE hospital_id IN
(SELECT id FROM hospital WHERE missed >= 2 AND missed_by IS NULL);
--bun:split
UPDATE equipment SET readings = '{}', observed_at = 0, received_at = 0 WHERE hospital_id IN
(SELECT id FROM hospital WHERE missed >= 2 AND missed_by IS NULL);
--bun:split
UPDATE hospital SET base = CASE WHEN missed < 2 THEN 'egen.beds' ELSE '' END, missed_by = CONCAT('{"egen.beds":', missed, '}')
WHERE region IS NOT NULL AND missed_by IS NULL;
