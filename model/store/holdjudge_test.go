package store

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// judgeHolds decides from plain SQL alone whether reservations, the beds that
// they take and what feeds hold of them are of one piece. It shares no code with
// the model or the store.
func judgeHolds(tb testing.TB, db *sql.DB) (wrong []string) {
	tb.Helper()
	query(tb, db, allHoldLaws, func(scan func(...any)) {
		var law int
		var what string
		scan(&law, &what)
		wrong = append(wrong, fmt.Sprintf("%s: %s", holdLaws[law].says, what))
	})
	return wrong
}

// allHoldLaws is one question for all of them.
var allHoldLaws = func() string {
	var all []string
	for i, law := range holdLaws {
		all = append(all, fmt.Sprintf("SELECT %d, q%d.what FROM (%s) AS q%d", i, i, law.broken, i))
	}
	return strings.Join(all, " UNION ALL ")
}()

// holdLaws are what always holds, and a query for what breaks it.
var holdLaws = []struct{ says, broken string }{
	{"an open case has at most one approved request", "SELECT case_id AS what FROM reservation WHERE state = 'approved' GROUP BY case_id HAVING COUNT(*) > 1"},
	{"an approved request is its case's winner", `SELECT r.id AS what FROM reservation r JOIN patient_condition c ON c.id = r.case_id
		WHERE r.state = 'approved' AND (c.winner <> r.id OR c.state <> 'open')`},
	{"a winner is approved, or has arrived with its case", `SELECT c.id AS what FROM patient_condition c LEFT JOIN reservation r ON r.id = c.winner
		WHERE c.winner <> '' AND NOT (COALESCE(r.state, '') = 'approved' AND c.state = 'open' OR COALESCE(r.state, '') = 'arrived' AND c.state = 'arrived')`},
	{"nothing goes on of a case that is over", `SELECT r.id AS what FROM reservation r JOIN patient_condition c ON c.id = r.case_id
		WHERE r.state IN ('pending', 'approved') AND c.state <> 'open'`},
	{"where there is a winner nobody else is asked", `SELECT r.id AS what FROM reservation r JOIN patient_condition c ON c.id = r.case_id
		WHERE r.state = 'pending' AND c.winner <> ''`},
	{"a hospital is asked once for a case", `SELECT MIN(id) AS what FROM reservation WHERE state IN ('pending', 'approved') GROUP BY case_id, hospital_id HAVING COUNT(*) > 1`},
	{"what goes on holds a bed of its kind", `SELECT r.id AS what FROM reservation r LEFT JOIN bed_hold h ON h.reservation_id = r.id AND h.hospital_id = r.hospital_id AND h.item = r.item
		AND h.kind = CASE r.state WHEN 'pending' THEN 'asked' ELSE 'coming' END WHERE r.state IN ('pending', 'approved') AND h.item IS NULL`},
	{"a bed is held for what goes on or has arrived", `SELECT h.reservation_id AS what FROM bed_hold h LEFT JOIN reservation r ON r.id = h.reservation_id AND r.hospital_id = h.hospital_id
		WHERE COALESCE(r.state, '') <> CASE h.kind WHEN 'asked' THEN 'pending' WHEN 'coming' THEN 'approved' ELSE 'arrived' END`},
	{"what can still change by time is due", `SELECT id AS what FROM reservation WHERE due_at = 0 AND (state = 'pending' OR state = 'approved' AND overdue_at = 0 OR state NOT IN ('pending', 'approved') AND shown = 1)`},
	{"what cannot is not", `SELECT id AS what FROM reservation WHERE due_at <> 0 AND (state = 'approved' AND overdue_at > 0 OR state NOT IN ('pending', 'approved') AND shown = 0)`},
	{"a crew's feed has its requests", missing("unit:", "r.unit", "reservation/", "c.shown = 1")},
	{"a control room's feed has its requests", missing("control:", "r.region", "reservation/", "c.shown = 1")},
	{"a hospital's feed has its requests", missing("hospital:", "r.hospital_id", "request/", "c.shown = 1 AND r.shown = 1")},
	{"and none that it must not have", `SELECT k.feed AS what FROM feed_key k WHERE k.gone = 0 AND (k.` + "`key`" + ` LIKE 'reservation/%' OR k.` + "`key`" + ` LIKE 'request/%')
		AND NOT EXISTS (SELECT 1 FROM reservation r JOIN patient_condition c ON c.id = r.case_id WHERE c.shown = 1 AND (
			` + glued("k.feed", "'unit:'", "r.unit") + ` AND ` + glued("k.`key`", "'reservation/'", "r.id") + `
			OR ` + glued("k.feed", "'control:'", "r.region") + ` AND ` + glued("k.`key`", "'reservation/'", "r.id") + `
			OR r.shown = 1 AND ` + glued("k.feed", "'hospital:'", "r.hospital_id") + ` AND ` + glued("k.`key`", "'request/'", "r.id") + `))`},
}

// glued compares a column with two texts in a row. The databases write that
// differently, and taking the column apart they do not.
func glued(column, prefix, rest string) string {
	n := len(strings.Trim(prefix, "'"))
	return fmt.Sprintf("(SUBSTR(%s, 1, %d) = %s AND SUBSTR(%s, %d) = %s)", column, n, prefix, column, n+1, rest)
}

// missing asks for reservations that a feed should hold, and does not hold as
// they are.
func missing(prefix, owner, key, shown string) string {
	return "SELECT r.id AS what FROM reservation r JOIN patient_condition c ON c.id = r.case_id WHERE " + shown +
		" AND NOT EXISTS (SELECT 1 FROM feed_key k WHERE k.gone = 0 AND " + glued("k.feed", "'"+prefix+"'", owner) +
		" AND " + glued("k.`key`", "'"+key+"'", "r.id") +
		` AND JSON_EXTRACT(k.value, '$.version') = r.version)`
}

// whole fails the test when either judge finds anything.
func (w *wardDesk) whole(tb testing.TB) {
	tb.Helper()
	w.sound(tb)
	for _, wrong := range judgeHolds(tb, w.plain) {
		tb.Error(wrong)
	}
}

// The judge proves itself: what is planted must be found.
func TestTheJudgeOfHoldsFindsWhatIsPlanted(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		for _, plant := range []struct{ statement, found string }{
			{"UPDATE reservation SET state = 'approved' WHERE state = 'canceled'", "at most one approved"},
			{"UPDATE patient_condition SET winner = ''", "is its case's winner"},
			{"UPDATE reservation SET state = 'rejected' WHERE state = 'approved'", "a winner is approved"},
			{"UPDATE patient_condition SET state = 'canceled', winner = ''", "nothing goes on"},
			{"UPDATE reservation SET state = 'pending' WHERE state = 'canceled'", "nobody else is asked"},
			{"UPDATE reservation SET state = 'pending', hospital_id = 'A1100001'", "asked once"},
			{"DELETE FROM bed_hold", "holds a bed"},
			{"UPDATE bed_hold SET item = 'icu.general'", "holds a bed"},
			{"UPDATE bed_hold SET kind = 'absorbed'", "a bed is held for"},
			{"UPDATE reservation SET due_at = 0 WHERE state = 'approved'", "is due"},
			{"UPDATE reservation SET due_at = 1, overdue_at = 1 WHERE state = 'approved'", "what cannot is not"},
			{"UPDATE reservation SET version = version + 1 WHERE state = 'approved'", "a crew's feed"},
			{"DELETE FROM feed_key WHERE feed LIKE 'control:%'", "a control room's feed"},
			{"DELETE FROM feed_key WHERE feed LIKE 'hospital:%'", "a hospital's feed"},
			{"UPDATE reservation SET shown = 0, due_at = 0 WHERE state = 'canceled'", "must not have"},
			{"UPDATE patient_condition SET shown = 0", "must not have"},
		} {
			for _, table := range []string{"reservation", "bed_hold", "patient_condition", "case_key"} {
				b.exec(t, "DELETE FROM "+table)
			}
			b.clear(t)
			w.taken(t, near, far)
			w.whole(t)
			b.exec(t, plant.statement)
			if wrong := strings.Join(judgeHolds(t, b.plain), "\n"); !strings.Contains(wrong, plant.found) {
				t.Errorf("%s: the judge says %q", plant.statement, wrong)
			}
		}
	})
}
