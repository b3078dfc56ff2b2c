{{if .Lacks "er_announcement" "source"}}
-- Those that are made here stand beside the national service's.
ALTER TABLE er_announcement ADD COLUMN source TEXT NOT NULL DEFAULT 'egen.messages';
{{end}}
--bun:split
{{if .Lacks "er_announcement" "reason"}}
ALTER TABLE er_announcement ADD COLUMN reason TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "er_announcement" "made_by"}}
ALTER TABLE er_announcement ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "er_announcement" "revision"}}
ALTER TABLE er_announcement ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
{{end}}
--bun:split
CREATE INDEX IF NOT EXISTS er_announcement_ends_at ON er_announcement (source, ends_at);
--bun:split
-- What people say of the acceptance of a disease; said_: what was declared then.
CREATE TABLE IF NOT EXISTS acceptance_correction (
  hospital_id TEXT NOT NULL,
  disease TEXT NOT NULL,
  state TEXT NOT NULL,
  note TEXT NOT NULL,
  said_state TEXT NOT NULL,
  said_note TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  PRIMARY KEY (hospital_id, disease)
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS acceptance_correction_ends_at ON acceptance_correction (ends_at);
