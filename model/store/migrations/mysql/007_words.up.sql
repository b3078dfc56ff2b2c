{{if .Lacks "er_announcement" "source"}}
-- Those that are made here stand beside the national service's.
ALTER TABLE er_announcement
  ADD COLUMN source VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'egen.messages',
  ADD KEY er_announcement_ends_at (source, ends_at);
{{end}}
--bun:split
{{if .Lacks "er_announcement" "reason"}}
ALTER TABLE er_announcement ADD COLUMN reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "er_announcement" "made_by"}}
ALTER TABLE er_announcement ADD COLUMN made_by VARCHAR(100) NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "er_announcement" "revision"}}
ALTER TABLE er_announcement ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
{{end}}
--bun:split
-- What people say of the acceptance of a disease; said_: what was declared then.
CREATE TABLE IF NOT EXISTS acceptance_correction (
  hospital_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  disease VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  note TEXT NOT NULL,
  said_state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  said_note TEXT NOT NULL,
  made_by VARCHAR(100) NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (hospital_id, disease),
  KEY acceptance_correction_ends_at (ends_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
