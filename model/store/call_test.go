package store

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
)

// sign carries out a command that only signs, and reports whether it ran.
func sign(ctx context.Context, db *DB, call model.Call) (ran bool, err error) {
	_, _, err = db.Write(ctx, func(ctx context.Context, tx model.Tx) error {
		ran = false
		held, err := tx.Recall(ctx, call.By.Actor(), call.Key)
		if err != nil || held != nil {
			return err
		}
		ran = true
		return tx.Sign(ctx, call, model.Deed{Operation: "test.done", Subject: "test/1"}, json.RawMessage(`{"id":1}`))
	})
	return ran, err
}

func TestACommandIsCarriedOutOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		call := model.Call{By: model.Principal{Subject: "김구급", Session: "s"}, From: "192.0.2.1", Key: "k1", Digest: "d"}
		var all sync.WaitGroup
		ran := make(chan bool, 16)
		for range cap(ran) {
			all.Go(func() {
				r, err := sign(t.Context(), b.DB, call)
				if err != nil {
					t.Error(err)
				}
				ran <- r
			})
		}
		all.Wait()
		close(ran)
		var n int
		for r := range ran {
			if r {
				n++
			}
		}
		if n != 1 || b.number(t, "SELECT COUNT(*) FROM audit") != 1 || b.number(t, "SELECT COUNT(*) FROM command") != 1 {
			t.Errorf("it was carried out %d times, with %d entries in the audit", n, b.number(t, "SELECT COUNT(*) FROM audit"))
		}
		held, err := b.Recall(t.Context(), "김구급", "k1")
		if err != nil || held == nil || held.Digest != "d" || string(held.Result) != `{"id":1}` {
			t.Errorf("recalled %+v, %v", held, err)
		}
		if held, err := b.Recall(t.Context(), "another", "k1"); held != nil || err != nil {
			t.Errorf("another actor's key: %+v, %v", held, err)
		}
	})
}

func TestACommandsKeyIsForgottenAfterADay(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for _, key := range []string{"old", "young"} {
			if _, err := sign(t.Context(), b.DB, model.Call{By: model.Principal{Subject: "a"}, Key: key}); err != nil {
				t.Fatal(err)
			}
		}
		b.exec(t, "UPDATE command SET created_at = created_at - 86400001 WHERE `key` = 'old'")
		if _, err := b.Prune(t.Context(), 48*time.Hour); err != nil {
			t.Fatal(err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM command WHERE `key` = 'young'"); n != 1 || b.number(t, "SELECT COUNT(*) FROM command") != 1 {
			t.Errorf("%d young of %d rows are left", n, b.number(t, "SELECT COUNT(*) FROM command"))
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit"); n != 2 {
			t.Errorf("%d entries of the audit are left of 2", n)
		}
	})
}

func TestWhatIsRefusedLeavesNoTrace(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		_, _, err := b.Write(t.Context(), func(ctx context.Context, tx model.Tx) error {
			if err := tx.Sign(ctx, model.Call{Key: "k"}, model.Deed{Operation: "test.done"}, nil); err != nil {
				return err
			}
			return fault.New(fault.Conflict, "no")
		})
		if !fault.Is(err, fault.Conflict) || b.number(t, "SELECT COUNT(*) FROM audit")+b.number(t, "SELECT COUNT(*) FROM command") != 0 {
			t.Errorf("refused with %v, and something is left", err)
		}
	})
}
