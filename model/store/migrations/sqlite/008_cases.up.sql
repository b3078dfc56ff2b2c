-- sealed: the clinical part, unreadable without the case's key; empty when that was destroyed.
CREATE TABLE IF NOT EXISTS patient_condition (
  id TEXT NOT NULL PRIMARY KEY,
  locks INTEGER NOT NULL,
  version INTEGER NOT NULL,
  unit TEXT NOT NULL,
  region TEXT NOT NULL,
  state TEXT NOT NULL,
  winner TEXT NOT NULL,
  ktas INTEGER NOT NULL,
  category TEXT NOT NULL,
  kind TEXT NOT NULL,
  age_band TEXT NOT NULL,
  sex TEXT NOT NULL,
  sealed BLOB NOT NULL,
  shown INTEGER NOT NULL,
  keyed INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  moved_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS patient_condition_unit ON patient_condition (unit, id);
--bun:split
CREATE INDEX IF NOT EXISTS patient_condition_region ON patient_condition (region, id);
--bun:split
CREATE INDEX IF NOT EXISTS patient_condition_state ON patient_condition (state, opened_at);
--bun:split
CREATE INDEX IF NOT EXISTS patient_condition_closed ON patient_condition (keyed, closed_at);
--bun:split
CREATE TABLE IF NOT EXISTS case_key (
  case_id TEXT NOT NULL PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT;
