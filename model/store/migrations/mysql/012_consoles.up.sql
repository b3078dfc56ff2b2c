{{if .Lacks "hospital" "console"}}
-- What a hospital's consoles prove together, and since when; '' when it never had one.
ALTER TABLE hospital ADD COLUMN console VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "console_at"}}
ALTER TABLE hospital ADD COLUMN console_at BIGINT NOT NULL DEFAULT 0;
{{end}}
--bun:split
-- Leases of open consoles. Only their ends move without the hospital's lock.
CREATE TABLE IF NOT EXISTS console (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  locks BIGINT NOT NULL,
  account VARCHAR(200) NOT NULL,
  visible BOOLEAN NOT NULL,
  audible BOOLEAN NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id, id),
  KEY console_ends_at (ends_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
