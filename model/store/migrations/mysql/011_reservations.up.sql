{{if .Lacks "patient_condition" "changed"}}
-- The version at which each part was changed last, as JSON.
ALTER TABLE patient_condition ADD COLUMN changed VARCHAR(400) NOT NULL DEFAULT '{}';
{{end}}
--bun:split
{{if .Lacks "patient_condition" "command"}}
ALTER TABLE patient_condition ADD COLUMN command VARCHAR(255) NOT NULL DEFAULT '';
{{end}}
--bun:split
CREATE TABLE IF NOT EXISTS reservation (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  case_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  region VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hospital_id VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(400) NOT NULL,
  tel VARCHAR(200) NOT NULL,
  item VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  ended VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  override VARCHAR(200) NOT NULL,
  designated BOOLEAN NOT NULL,
  others INT NOT NULL,
  asked_version BIGINT NOT NULL,
  seen_version BIGINT NOT NULL,
  worse_version BIGINT NOT NULL,
  acked_version BIGINT NOT NULL,
  escalation INT NOT NULL,
  pushed_at BIGINT NOT NULL,
  shown_at BIGINT NOT NULL,
  sounded_at BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  opened_by VARCHAR(200) NOT NULL,
  asked_at BIGINT NOT NULL,
  arrive_at BIGINT NOT NULL,
  answer_by BIGINT NOT NULL,
  no_answer_at BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  arrive_by BIGINT NOT NULL,
  overdue_at BIGINT NOT NULL,
  arrived_at BIGINT NOT NULL,
  handed_over_at BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  shown BOOLEAN NOT NULL,
  answered_by VARCHAR(200) NOT NULL,
  command VARCHAR(255) NOT NULL,
  PRIMARY KEY (id),
  KEY reservation_case (case_id, id),
  KEY reservation_unit (unit, id),
  KEY reservation_unit_going (unit, state, id),
  KEY reservation_region (region, id),
  KEY reservation_region_going (region, state, id),
  KEY reservation_hospital (hospital_id, id),
  KEY reservation_hospital_going (hospital_id, state, id),
  KEY reservation_due (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- What reservations take of a hospital; owned by whoever holds its lock.
CREATE TABLE IF NOT EXISTS bed_hold (
  hospital_id VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reservation_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  item VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (hospital_id, reservation_id),
  KEY bed_hold_since (kind, since)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
{{if .Lacks "command" "refusal"}}
-- What a command was refused with, as JSON; empty when it was carried out.
ALTER TABLE command ADD COLUMN refusal VARCHAR(4000) NOT NULL DEFAULT '';
{{end}}
