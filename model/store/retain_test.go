package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
)

// aged makes entries of three years ago and seals them.
func (b *bench) aged(t *testing.T, n int) {
	t.Helper()
	at := time.Now().Add(-3 * 366 * 24 * time.Hour).UnixMilli()
	for i := range n {
		id := fmt.Sprintf("00000000-%012d", i)
		b.exec(t, fmt.Sprintf("INSERT INTO audit (id, at, actor, origin, subject, operation, detail, reason, request)"+
			" VALUES ('%s', %d, 'a', '', '', 'old.done', '', '', '')", id, at))
		b.exec(t, fmt.Sprintf("INSERT INTO audit_open (entry_id) VALUES ('%s')", id))
	}
	b.seal(t, n)
}

func (b *bench) pruneAudit(t *testing.T, want int) {
	t.Helper()
	if n, err := b.PruneAudit(t.Context(), model.LeastAuditKeep, stamp, rightStamp); err != nil || n != want {
		t.Fatalf("%d entries were removed, %v; want %d", n, err, want)
	}
}

func TestTheAuditIsKeptForTwoYears(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		if _, err := b.PruneAudit(t.Context(), model.LeastAuditKeep-time.Hour, stamp, rightStamp); !fault.Is(err, fault.Invalid) {
			t.Errorf("less than two years: %v", err)
		}
		b.aged(t, pruneEvents+3)
		b.written(t, 4)
		b.pruneAudit(t, pruneEvents+3)
		b.pruneAudit(t, 0)
		b.written(t, 2)
		n, err := b.VerifyAudit(t.Context(), Anchor{}, rightStamp, func(f AuditFault) { t.Error(f) })
		if err != nil || n != 6 {
			t.Errorf("%d entries were verified, %v; 6 are kept", n, err)
		}
		if rows := b.number(t, "SELECT COUNT(*) FROM audit"); rows != 6 {
			t.Errorf("%d entries are there, want 6", rows)
		}
	})
}

// All of the audit may be old: the chain then goes on from its cut.
func TestTheWholeAuditIsOld(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.aged(t, 3)
		b.pruneAudit(t, 3)
		if found := b.faults(t); found != nil {
			t.Errorf("found %q", found)
		}
		b.written(t, 2)
		if found := b.faults(t); found != nil {
			t.Errorf("and after two more %q", found)
		}
	})
}

// Only a node cuts, and what proves a fault stays.
func TestACutIsANodes(t *testing.T) {
	for _, c := range []struct {
		name, plant, want string
		cut               bool // before the fault is planted
	}{
		{"the cut forged", "UPDATE audit_head SET hash = '" + strings.Repeat("0", 64) + "' WHERE name = 'audit cut'", "seq 5: the cut's signature is not that of a node: forged", true},
		{"the cut removed", "DELETE FROM audit_head WHERE name = 'audit cut'", "seq 6: entry *: seals 1 to 5 are missing", true},
		{"an old entry changed", "UPDATE audit SET actor = 'another' WHERE operation = 'old.done'", "seq 1: entry *: the entry was changed", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				b.aged(t, 5)
				b.written(t, 2)
				if c.cut {
					b.pruneAudit(t, 5)
				}
				b.exec(t, c.plant)
				found := b.faults(t)
				if len(found) == 0 || !like(found[0].String(), c.want) {
					t.Errorf("found %q, want %q", found, c.want)
				}
				n, err := b.PruneAudit(t.Context(), model.LeastAuditKeep, stamp, rightStamp)
				if n != 0 || err != nil && !fault.Is(err, fault.Conflict) || err == nil && !c.cut {
					t.Errorf("then %d more were removed, %v", n, err)
				}
			})
		})
	}
}
