package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"weer/model"
	"weer/model/fault"
)

// stamp is a signature that only looks like one; rightStamp knows it.
func stamp(text string) (kid, signature string) { return "k", "signed " + text[len(text)-8:] }

func rightStamp(text, kid, signature string) error {
	if _, want := stamp(text); kid != "k" || signature != want {
		return errors.New("forged")
	}
	return nil
}

// written makes entries and seals them.
func (b *bench) written(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		ctx := as(t, model.Principal{Subject: fmt.Sprintf("p%d", i), Session: "s"})
		if err := b.service().Note(ctx, model.Deed{Operation: "test.done", Subject: fmt.Sprintf("case/%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	b.seal(t, n)
}

func (b *bench) seal(t *testing.T, want int) {
	t.Helper()
	if n, err := b.Seal(t.Context(), stamp, rightStamp); err != nil || n != want {
		t.Fatalf("%d entries were sealed, %v; want %d", n, err, want)
	}
}

func (b *bench) faults(t *testing.T) (found []AuditFault) {
	t.Helper()
	if _, err := b.VerifyAudit(t.Context(), Anchor{}, rightStamp, func(f AuditFault) { found = append(found, f) }); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTheAuditVerifies(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		if found := b.faults(t); found != nil {
			t.Errorf("an empty audit: %v", found)
		}
		b.written(t, 5)
		b.written(t, 3)
		b.seal(t, 0)
		n, err := b.VerifyAudit(t.Context(), Anchor{}, rightStamp, func(f AuditFault) { t.Error(f) })
		if err != nil || n != 8 {
			t.Errorf("%d entries were verified, %v; there are 8", n, err)
		}
		if s, err := b.AuditStanding(t.Context()); err != nil || s.Seq != 8 || s.Open != 0 || s.Wait != 0 {
			t.Errorf("it stands at %+v, %v", s, err)
		}
	})
}

// Many write and two seal at once: nothing is lost, nothing sealed twice.
func TestSealingUnderWriters(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 20 {
					if err := b.service().Note(t.Context(), model.Deed{Operation: "test.done"}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 2 {
			all.Go(func() {
				for range 20 {
					if _, err := b.Seal(t.Context(), stamp, rightStamp); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if _, err := b.Seal(t.Context(), stamp, rightStamp); err != nil {
			t.Fatal(err)
		}
		if n, err := b.VerifyAudit(t.Context(), Anchor{}, rightStamp, func(f AuditFault) { t.Error(f) }); err != nil || n != 80 {
			t.Errorf("%d entries, %v; 80 were written", n, err)
		}
	})
}

// Each fault is planted alone, and must be found and named.
func TestVerifyingFindsWhatWasPlanted(t *testing.T) {
	const third = "(SELECT entry_id FROM (SELECT entry_id FROM audit_seal WHERE seq = 3) AS x)"
	for _, c := range []struct {
		name, want string
		plant      []string
	}{
		{"changed", "seq 3: entry *: the entry was changed", []string{"UPDATE audit SET actor = 'another' WHERE id = " + third}},
		{"another time", "seq 3: entry *: the entry was changed", []string{"UPDATE audit SET at = at - 1 WHERE id = " + third}},
		{"removed", "seq 3: entry *: the entry was removed", []string{"DELETE FROM audit WHERE id = " + third}},
		{"removed with its seal", "seq 4: entry *: seals 3 to 3 are missing", []string{"DELETE FROM audit WHERE id = " + third, "DELETE FROM audit_seal WHERE seq = 3"}},
		{"reordered", "seq 3: entry *: the chain is broken here: seals were changed or reordered", []string{
			"UPDATE audit_seal SET seq = 99 WHERE seq = 3", "UPDATE audit_seal SET seq = 3 WHERE seq = 4", "UPDATE audit_seal SET seq = 4 WHERE seq = 99"}},
		{"put in", "entry stranger: the entry was put in without a seal", []string{
			"INSERT INTO audit (id, at, actor, origin, subject, operation, detail, reason, request) VALUES ('stranger', 1, 'a', '', '', 'o', '', '', '')"}},
		{"the end cut", "seq 4: the chain ends here, and was sealed up to 5: its end was cut or replaced", []string{
			"DELETE FROM audit WHERE id = (SELECT entry_id FROM audit_seal WHERE seq = 5)", "DELETE FROM audit_seal WHERE seq = 5"}},
		{"the end cut and the head forged", "seq 4: the head's signature is not that of a node: forged", []string{
			"DELETE FROM audit WHERE id = (SELECT entry_id FROM audit_seal WHERE seq = 5)", "DELETE FROM audit_seal WHERE seq = 5",
			"UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit_seal WHERE seq = 4)"}},
		{"the head removed", "seq 5: the head is missing", []string{"DELETE FROM audit_head"}},
		{"unsealed", "entry *: the entry has waited for its seal for more than a minute: does a node run?", []string{
			"INSERT INTO audit (id, at, actor, origin, subject, operation, detail, reason, request) VALUES ('late', 1, 'a', '', '', 'o', '', '', '')",
			"INSERT INTO audit_open (entry_id) VALUES ('late')"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				b.written(t, 5)
				for _, statement := range c.plant {
					b.exec(t, statement)
				}
				found := b.faults(t)
				if !slices.ContainsFunc(found, func(f AuditFault) bool { return like(f.String(), c.want) }) {
					t.Errorf("found %q, want %q", found, c.want)
				}
			})
		})
	}
}

// A key is not lent: whoever replaces the chain's end and its head between two
// runs does not have the next run sign it as if nothing were.
func TestSealingSaysThatTheHeadWasReplaced(t *testing.T) {
	for name, plant := range map[string][]string{
		"the end cut and the head forged": {
			"DELETE FROM audit WHERE id = (SELECT entry_id FROM audit_seal WHERE seq = 5)", "DELETE FROM audit_seal WHERE seq = 5",
			"UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit_seal WHERE seq = 4)"},
		"the head removed": {"DELETE FROM audit_head"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				b.written(t, 5)
				for _, statement := range plant {
					b.exec(t, statement)
				}
				ctx := as(t, admin)
				if err := b.service().Note(ctx, model.Deed{Operation: "test.done"}); err != nil {
					t.Fatal(err)
				}
				b.seal(t, 2) // and what it had to say itself
				b.written(t, 3)
				found := b.faults(t)
				if len(found) != 1 || !strings.Contains(found[0].String(), "sealing went on here from what no node had signed") {
					t.Errorf("found %q, want the one that sealing has told of", found)
				}
			})
		})
	}
}

// What a node's log says of the chain finds what the database alone cannot show:
// that all of it was put back.
func TestVerifyingFromAnAnchor(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.written(t, 5)
		at, err := b.AuditStanding(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.written(t, 3)
		b.exec(t, "UPDATE audit SET actor = 'another' WHERE id = (SELECT entry_id FROM audit_seal WHERE seq = 2)")
		for _, c := range []struct {
			name  string
			from  Anchor
			walks uint64
			want  string
		}{
			{"behind what was changed", Anchor{Seq: at.Seq, Hash: at.Hash}, 3, ""},
			{"without its hash", Anchor{Seq: at.Seq}, 3, ""},
			{"another hash", Anchor{Seq: at.Seq, Hash: strings.Repeat("0", 64)}, 3, "seq 5: entry *: the seal has not the hash that it had"},
			{"behind the end", Anchor{Seq: 9, Hash: at.Hash}, 8, "seq 9: the seal to begin with is missing"},
			{"from the beginning", Anchor{}, 8, "seq 2: entry *: the entry was changed"},
		} {
			var found []AuditFault
			n, err := b.VerifyAudit(t.Context(), c.from, rightStamp, func(f AuditFault) { found = append(found, f) })
			told := slices.ContainsFunc(found, func(f AuditFault) bool { return like(f.String(), c.want) })
			if err != nil || n != c.walks || told != (c.want != "") || c.want == "" && found != nil {
				t.Errorf("%s: walked %d entries and found %q, %v; want %d and %q", c.name, n, found, err, c.walks, c.want)
			}
		}
	})
}

// like compares with a pattern in which * is anything.
func like(text, pattern string) bool {
	before, after, any := strings.Cut(pattern, "*")
	if !any {
		return text == pattern
	}
	return strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

func TestReadingAndExportingTheAudit(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.written(t, 5)
		s := b.service()
		found, err := s.Audit(t.Context(), model.AuditQuery{Actor: "p3", Most: 10})
		if err != nil || len(found) != 1 || found[0].Subject != "case/3" || found[0].From != "192.0.2.1" || found[0].At == 0 {
			t.Errorf("p3 did %+v, %v", found, err)
		}
		if _, err := s.ExportAudit(as(t, admin), model.AuditQuery{Subject: "환자/1", Operation: "열람"}, "개인정보보호 월간 점검"); !fault.Is(err, fault.Invalid) {
			t.Errorf("what no entry can hold: %v", err)
		}
		if _, err := s.ExportAudit(as(t, admin), model.AuditQuery{}, "업무상"); err == nil {
			t.Error("exported for no reason")
		}
		found, err = s.ExportAudit(as(t, admin), model.AuditQuery{}, "개인정보보호 월간 점검 2026-11")
		if err != nil || len(found) != 6 || found[5].Operation != "audit.export" || found[5].Reason == "" {
			t.Errorf("exported %d entries, %v; the export itself is one", len(found), err)
		}
	})
}

// BenchmarkSeal sets a command's cost with its entry beside one without, and
// tells how many entries a second are sealed.
func BenchmarkSeal(b *testing.B) {
	for name, newURL := range databases {
		db := open(b, newURL(b), Options{})
		write := func(b *testing.B, change func(context.Context, model.Tx) error) {
			for b.Loop() {
				if _, _, err := db.Write(b.Context(), change); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.Run(name+"/without", func(b *testing.B) { write(b, put("region:11", "a", 1)) })
		b.Run(name+"/with", func(b *testing.B) {
			write(b, func(ctx context.Context, tx model.Tx) error {
				if err := tx.Sign(ctx, model.Call{}, model.Deed{Operation: "bench.done"}, nil); err != nil {
					return err
				}
				return tx.Put("region:11", "a", 1)
			})
		})
		b.Run(name+"/seal", func(b *testing.B) {
			var sealed int
			for b.Loop() {
				n, err := db.Seal(b.Context(), stamp, rightStamp)
				if err != nil {
					b.Fatal(err)
				}
				sealed += n
			}
			b.ReportMetric(float64(sealed)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
