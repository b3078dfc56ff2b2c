{{if .Lacks "hospital" "listed"}}
-- What the list says has its own columns; name and tel stay the bed report's.
ALTER TABLE hospital ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
{{end}}
--bun:split
{{if .Lacks "hospital" "listed_name"}}
ALTER TABLE hospital ADD COLUMN listed_name TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "listed_region"}}
ALTER TABLE hospital ADD COLUMN listed_region TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "listed_tel"}}
ALTER TABLE hospital ADD COLUMN listed_tel TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "main_tel"}}
ALTER TABLE hospital ADD COLUMN main_tel TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "address"}}
ALTER TABLE hospital ADD COLUMN address TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "district"}}
ALTER TABLE hospital ADD COLUMN district TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "level"}}
ALTER TABLE hospital ADD COLUMN level TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "level_name"}}
ALTER TABLE hospital ADD COLUMN level_name TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "lat"}}
ALTER TABLE hospital ADD COLUMN lat REAL NULL;
{{end}}
--bun:split
{{if .Lacks "hospital" "lon"}}
ALTER TABLE hospital ADD COLUMN lon REAL NULL;
{{end}}
--bun:split
{{if .Lacks "hospital" "base"}}
ALTER TABLE hospital ADD COLUMN base TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "as_observed"}}
-- The readings shown are those of the base.
ALTER TABLE hospital ADD COLUMN as_observed INTEGER NOT NULL DEFAULT 1;
{{end}}
--bun:split
{{if .Lacks "hospital" "missed_by"}}
-- Polls without the hospital, by source; NULL in rows of older nodes.
ALTER TABLE hospital ADD COLUMN missed_by TEXT NULL;
{{end}}
--bun:split
-- The last observation of each source.
CREATE TABLE IF NOT EXISTS observation (
  hospital_id TEXT NOT NULL,
  source TEXT NOT NULL,
  readings TEXT NOT NULL,
  observed_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (hospital_id, source)
) STRICT;
--bun:split
-- One row a hospital: SQL always reads all that it declares, and who accepts a
-- disease is found in the state of the feeds, where no SQL is.
CREATE TABLE IF NOT EXISTS severe_disease_acceptance (
  hospital_id TEXT NOT NULL,
  declarations TEXT NOT NULL,
  PRIMARY KEY (hospital_id)
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS er_announcement (
  hospital_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  disease TEXT NOT NULL,
  text TEXT NOT NULL,
  department TEXT NOT NULL,
  lifted INTEGER NOT NULL,
  automatic INTEGER NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  since_at INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  PRIMARY KEY (hospital_id, id)
) STRICT;
--bun:split
-- said: what each source said of the item when the person spoke.
CREATE TABLE IF NOT EXISTS correction (
  hospital_id TEXT NOT NULL,
  item TEXT NOT NULL,
  value TEXT NOT NULL,
  said TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  PRIMARY KEY (hospital_id, item)
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS correction_ends_at ON correction (ends_at);
--bun:split
CREATE TABLE IF NOT EXISTS hospital_override (
  hospital_id TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (hospital_id, field)
) STRICT;
--bun:split
-- day: of Korea, as 2026-11-23.
CREATE TABLE IF NOT EXISTS quota (
  operation TEXT NOT NULL,
  day TEXT NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (operation, day)
) STRICT;
--bun:split
-- Until now there was one source, whose last observation is what was shown.
INSERT INTO observation (hospital_id, source, readings, observed_at, received_at)
SELECT h.id, 'egen.beds', json_patch(json_patch(e.er, e.beds), json_patch(i.readings, d.readings)), e.observed_at, e.received_at
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
UPDATE hospital SET base = CASE WHEN missed < 2 THEN 'egen.beds' ELSE '' END, missed_by = '{"egen.beds":' || missed || '}'
WHERE region IS NOT NULL AND missed_by IS NULL;
