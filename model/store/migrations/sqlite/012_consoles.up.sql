{{if .Lacks "hospital" "console"}}
-- What a hospital's consoles prove together, and since when; '' when it never had one.
ALTER TABLE hospital ADD COLUMN console TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
{{if .Lacks "hospital" "console_at"}}
ALTER TABLE hospital ADD COLUMN console_at INTEGER NOT NULL DEFAULT 0;
{{end}}
--bun:split
-- Leases of open consoles. Only their ends move without the hospital's lock.
CREATE TABLE IF NOT EXISTS console (
  hospital_id TEXT NOT NULL,
  id TEXT NOT NULL,
  locks INTEGER NOT NULL,
  account TEXT NOT NULL,
  visible INTEGER NOT NULL,
  audible INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  PRIMARY KEY (hospital_id, id)
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS console_ends_at ON console (ends_at);
