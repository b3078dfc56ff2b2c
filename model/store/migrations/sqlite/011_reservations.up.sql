{{if .Lacks "patient_condition" "changed"}}
-- The version at which each part was changed last, as JSON.
ALTER TABLE patient_condition ADD COLUMN changed TEXT NOT NULL DEFAULT '{}';
{{end}}
--bun:split
{{if .Lacks "patient_condition" "command"}}
ALTER TABLE patient_condition ADD COLUMN command TEXT NOT NULL DEFAULT '';
{{end}}
--bun:split
CREATE TABLE IF NOT EXISTS reservation (
  id TEXT NOT NULL PRIMARY KEY,
  case_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  region TEXT NOT NULL,
  hospital_id TEXT NOT NULL,
  name TEXT NOT NULL,
  tel TEXT NOT NULL,
  item TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  ended TEXT NOT NULL,
  reason TEXT NOT NULL,
  override TEXT NOT NULL,
  designated INTEGER NOT NULL,
  others INTEGER NOT NULL,
  asked_version INTEGER NOT NULL,
  seen_version INTEGER NOT NULL,
  worse_version INTEGER NOT NULL,
  acked_version INTEGER NOT NULL,
  escalation INTEGER NOT NULL,
  pushed_at INTEGER NOT NULL,
  shown_at INTEGER NOT NULL,
  sounded_at INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  opened_by TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  arrive_at INTEGER NOT NULL,
  answer_by INTEGER NOT NULL,
  no_answer_at INTEGER NOT NULL,
  answered_at INTEGER NOT NULL,
  arrive_by INTEGER NOT NULL,
  overdue_at INTEGER NOT NULL,
  arrived_at INTEGER NOT NULL,
  handed_over_at INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  shown INTEGER NOT NULL,
  answered_by TEXT NOT NULL,
  command TEXT NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS reservation_case ON reservation (case_id, id);
--bun:split
CREATE INDEX IF NOT EXISTS reservation_unit ON reservation (unit, id);
--bun:split
CREATE INDEX IF NOT EXISTS reservation_unit_going ON reservation (unit, state, id);
--bun:split
CREATE INDEX IF NOT EXISTS reservation_region ON reservation (region, id);
--bun:split
CREATE INDEX IF NOT EXISTS reservation_region_going ON reservation (region, state, id);
--bun:split
CREATE INDEX IF NOT EXISTS reservation_hospital ON reservation (hospital_id, id);
--bun:split
CREATE INDEX IF NOT EXISTS reservation_hospital_going ON reservation (hospital_id, state, id);
--bun:split
CREATE INDEX IF NOT EXISTS reservation_due ON reservation (due_at);
--bun:split
-- What reservations take of a hospital; owned by whoever holds its lock.
CREATE TABLE IF NOT EXISTS bed_hold (
  hospital_id TEXT NOT NULL,
  reservation_id TEXT NOT NULL,
  item TEXT NOT NULL,
  kind TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (hospital_id, reservation_id)
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS bed_hold_since ON bed_hold (kind, since);
--bun:split
{{if .Lacks "command" "refusal"}}
-- What a command was refused with, as JSON; empty when it was carried out.
ALTER TABLE command ADD COLUMN refusal TEXT NOT NULL DEFAULT '';
{{end}}
