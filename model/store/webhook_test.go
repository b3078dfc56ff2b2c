package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// deaf takes no hints: what is tested here is in the database.
type deaf struct{}

func (deaf) Publish(...feed.Hint) {}

var hookKey = model.Principal{Role: model.RoleIntegration, Key: "k1", Scopes: []model.Right{model.ManageHooks, model.ReadBoard}}

// as is the context of a call of a principal.
func as(t *testing.T, by model.Principal) context.Context {
	return model.WithCall(t.Context(), model.Call{By: by, From: "192.0.2.1", Request: "r"})
}

func (b *bench) service() *model.Service { return model.NewService(b.DB, deaf{}) }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// hook makes a webhook of region:11.
func (b *bench) hook(t *testing.T) string {
	t.Helper()
	id := newID()
	_, err := b.service().CreateWebhook(as(t, hookKey), model.NewWebhook{
		ID: id, Feed: "region:11", URL: "https://receiver.example/weer", Secret: []byte("sealed\x00secret"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bench) move(t *testing.T, times int) {
	t.Helper()
	for range times {
		if _, _, err := b.Write(t.Context(), put("region:11", "a", time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bench) due(t *testing.T) (ids []string) {
	t.Helper()
	due, err := b.DueWebhooks(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		ids = append(ids, d.ID)
	}
	return ids
}

func TestAWebhookIsKeptAsItIs(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := model.Webhook{
			ID: newID(), Owner: "계정", Feed: "hospital:A1100001", URL: "https://receiver.example/a?b=c", Secret: []byte{0, 1, 0xff, '\\', '\''},
			State: model.HookFailing, Why: model.HookGone, Place: feed.Cursor{Feed: "hospital:A1100001", Epoch: "0123456789abcdef", Seq: feed.MaxSeq},
			Failures: 7, FailingSince: 1, LastStatus: 503, LastFailure: model.HookTarget, TriedAt: 2, DeliveredAt: 3, DueAt: 4,
			Claim: "c", ClaimedUntil: 5, CreatedAt: 6, Revision: 8,
		}
		save := func(w model.Webhook) {
			t.Helper()
			_, _, err := b.Write(t.Context(), func(ctx context.Context, tx model.Tx) error { return tx.SaveWebhook(ctx, w) })
			if err != nil {
				t.Fatal(err)
			}
		}
		same := func() {
			t.Helper()
			got, err := b.Webhook(t.Context(), w.ID)
			if err != nil || fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", w) {
				t.Errorf("%+v, %v; want %+v", got, err, w)
			}
		}
		save(w)
		same()
		w.URL, w.Secret, w.State, w.Why, w.Place.Seq = "https://other.example/", []byte("s"), model.HookActive, "", 9
		w.Failures, w.FailingSince, w.LastStatus, w.LastFailure, w.TriedAt, w.DeliveredAt, w.DueAt = 0, 0, 0, "", 10, 11, 12
		w.Claim, w.ClaimedUntil, w.Revision = "", 0, 13
		save(w)
		same()
		if none, err := b.Webhook(t.Context(), "none"); none != nil || err != nil {
			t.Errorf("one that there is not: %+v, %v", none, err)
		}
	})
}

func TestWhatAWebhookIsOwed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		id := b.hook(t)
		due := func(what string, want bool) {
			t.Helper()
			if got := slices.Contains(b.due(t), id); got != want {
				t.Errorf("%s: due is %v", what, got)
			}
		}
		stand := func(epoch string, seq uint64) {
			b.exec(t, "UPDATE webhook SET epoch = ?, seq = ?", epoch, seq)
		}
		backlog, err := b.Backlog(t.Context(), feed.Cursor{Feed: "region:11"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		due("new, though the feed is empty", true)
		stand(backlog.Epoch, 0)
		due("at the head of an empty feed", false)
		b.move(t, 2)
		due("behind", true)
		stand(backlog.Epoch, 2)
		due("at the head", false)
		stand(backlog.Epoch, 3)
		due("beyond the head", true)
		stand("another", 2)
		due("of another epoch", true)
		for _, not := range []string{"state = 'paused'", "state = 'dead'", "due_at = 9000000000000", "claimed_until = 9000000000000"} {
			b.exec(t, "UPDATE webhook SET "+not)
			due(not, false)
			b.exec(t, "UPDATE webhook SET state = 'failing', due_at = 0, claimed_until = 1")
			due("no longer "+not, true)
		}
	})
}

func TestABacklogIsInOrderAndBounded(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.move(t, 5)
		all, err := b.Backlog(t.Context(), feed.Cursor{Feed: "region:11", Seq: 1}, 3)
		if err != nil || all.Head.Seq != 5 || all.Head.First != 1 || len(all.Events) != 3 || len(all.Epoch) != 16 {
			t.Fatalf("%+v, %v", all, err)
		}
		state := feed.NewState(false)
		for i, e := range all.Events {
			keys, err := e.Entries()
			if err != nil || e.From != uint64(i+2) || e.To != e.From || time.Since(e.At.Std()).Abs() > time.Minute {
				t.Errorf("event %d: %+v, %v", i, e, err)
			}
			state.Load(all.Epoch, e.To, keys)
			if state.Digest() != e.Digest {
				t.Errorf("event %d has digest %s, its one key %s", e.To, e.Digest, state.Digest())
			}
		}
		b.exec(t, "DELETE FROM feed_event WHERE seq = 3")
		if holed, err := b.Backlog(t.Context(), feed.Cursor{Feed: "region:11", Seq: 1}, 3); err != nil || len(holed.Events) != 1 {
			t.Errorf("behind a hole: %+v, %v", holed, err)
		}
		if _, err := b.Backlog(t.Context(), feed.Cursor{Feed: "nothing"}, 3); !fault.Is(err, fault.UnknownFeed) {
			t.Errorf("no feed: %v", err)
		}
	})
}

func TestAtMostOneDeliveryHasAWebhook(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		id := b.hook(t)
		claims := make(chan string, 16)
		var all sync.WaitGroup
		for range cap(claims) {
			all.Go(func() {
				claim := newID()
				w, err := b.service().ClaimWebhook(t.Context(), id, claim)
				if err != nil {
					t.Error(err)
				}
				if w != nil {
					claims <- claim
				}
			})
		}
		all.Wait()
		close(claims)
		claim := <-claims
		if another, more := <-claims; more || claim == "" {
			t.Fatalf("claims %q and %q", claim, another)
		}
		b.exec(t, "UPDATE webhook SET claimed_until = 1") // its node died
		next, err := b.service().ClaimWebhook(t.Context(), id, newID())
		if err != nil || next == nil {
			t.Fatalf("after the claim's end: %+v, %v", next, err)
		}
		late := model.HookAttempt{From: next.Place, To: feed.Cursor{Feed: "region:11", Epoch: "e", Seq: 9}, Status: 200}
		if settled, err := b.service().SettleWebhook(t.Context(), id, claim, late); settled != nil || err != nil {
			t.Errorf("a claim that ended was settled: %+v, %v", settled, err)
		}
		if w, err := b.Webhook(t.Context(), id); err != nil || w.Place.Epoch != "" || w.Claim != next.Claim {
			t.Errorf("it changed what is another's: %+v, %v", w, err)
		}
	})
}

func TestDeathLeavesALetterAnAlertAndAnEntry(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		id := b.hook(t)
		b.move(t, 3)
		service := b.service()
		die := func(place uint64) {
			t.Helper()
			claim := newID()
			w, err := service.ClaimWebhook(t.Context(), id, claim)
			if err != nil || w == nil {
				t.Fatalf("claim: %+v, %v", w, err)
			}
			b.exec(t, "UPDATE webhook SET failing_since = 1, failures = 30, seq = ?", place)
			w, err = service.SettleWebhook(t.Context(), id, claim, model.HookAttempt{Status: 500, Failure: model.HookStatus})
			if err != nil || w.State != model.HookDead {
				t.Fatalf("%+v, %v", w, err)
			}
		}
		alert := func() bool {
			v, err := b.Value(t.Context(), "admin", "alert/webhook/"+id)
			if err != nil {
				t.Fatal(err)
			}
			return v != nil
		}
		die(0) // nothing was ever taken
		if !alert() || len(b.due(t)) != 0 || b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'webhook.dead' AND actor = 'system'") != 1 {
			t.Error("it died without an alert or an entry, or is still due")
		}
		b.exec(t, "UPDATE webhook SET seq = 3, epoch = (SELECT value FROM meta WHERE name = 'epoch')")
		two := uint64(2)
		w, _, err := service.ReplayWebhook(as(t, hookKey), id, &two)
		if err != nil || w.State != model.HookActive || w.Place.Seq != 1 || alert() {
			t.Fatalf("replayed: %+v, %v, alert %v", w, err, alert())
		}
		die(1)
		letters, err := service.DeadLetters(as(t, hookKey), id, "", 10)
		if err != nil || len(letters) != 2 || letters[0].From != 2 || letters[0].To != 3 || letters[1].From != 0 || letters[0].Attempts != 31 || letters[0].Status != 500 {
			t.Fatalf("%+v, %v", letters, err)
		}
		if older, err := service.DeadLetters(as(t, hookKey), id, letters[0].ID, 10); err != nil || len(older) != 1 || older[0] != letters[1] {
			t.Errorf("the next page: %+v, %v", older, err)
		}
		if _, err := service.DropWebhook(as(t, hookKey), id, nil); err != nil || alert() {
			t.Errorf("deleted: %v, alert %v", err, alert())
		}
		if b.number(t, "SELECT COUNT(*) FROM webhook")+b.number(t, "SELECT COUNT(*) FROM dead_letter") != 0 {
			t.Error("something is left")
		}
	})
}

func TestReplayGoesBackAsFarAsTheFeedAndNeverForward(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		id := b.hook(t)
		b.move(t, 9)
		b.exec(t, "UPDATE feed_event SET created_at = 1 WHERE seq < 4")
		if _, err := b.Prune(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		five := uint64(5)
		if _, _, err := b.service().ReplayWebhook(as(t, hookKey), id, &five); !fault.Is(err, fault.Invalid) {
			t.Errorf("a target that has nothing: %v", err)
		}
		for seq, want := range map[uint64]fault.Code{0: fault.Invalid, 3: fault.Gone, 4: "", 5: "", 6: "", 7: fault.Invalid} {
			b.exec(t, "UPDATE webhook SET seq = 5, epoch = (SELECT value FROM meta WHERE name = 'epoch')")
			w, _, err := b.service().ReplayWebhook(as(t, hookKey), id, &seq)
			if want != "" && !fault.Is(err, want) || want == "" && (err != nil || w.Place.Seq != seq-1) {
				t.Errorf("from %d: %+v, %v", seq, w.Place, err)
			}
		}
		w, _, err := b.service().ReplayWebhook(as(t, hookKey), id, nil)
		if err != nil || w.Place.Epoch != "" || !slices.Contains(b.due(t), id) {
			t.Errorf("the whole state: %+v, %v", w.Place, err)
		}
	})
}

func TestCommandsOnAWebhook(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		id := b.hook(t)
		service := b.service()
		yes, no, url := true, false, "https://other.example/"
		w, _, err := service.ChangeWebhook(as(t, hookKey), model.HookChange{ID: id, Holds: only(1), URL: &url, Paused: &yes})
		if err != nil || w.URL != url || w.State != model.HookPaused || w.Why != model.HookAsked || w.Revision != 2 || len(b.due(t)) != 0 {
			t.Fatalf("paused: %+v, %v", w, err)
		}
		if _, _, err := service.ChangeWebhook(as(t, hookKey), model.HookChange{ID: id, Holds: only(1), Paused: &no}); !fault.Is(err, fault.PreconditionFailed) {
			t.Errorf("an old revision: %v", err)
		}
		if w, _, err := service.ReplayWebhook(as(t, hookKey), id, nil); err != nil || w.State != model.HookPaused {
			t.Errorf("a replay resumed what somebody paused: %+v, %v", w, err)
		}
		if w, _, err := service.ChangeWebhook(as(t, hookKey), model.HookChange{ID: id, Paused: &no}); err != nil || w.State != model.HookActive || len(b.due(t)) != 1 {
			t.Errorf("resumed: %+v, %v", w, err)
		}
		stranger := hookKey
		stranger.Key = "k2"
		for name, err := range map[string]error{
			"read":    second(service.Webhook(as(t, stranger), id)),
			"letters": second(service.DeadLetters(as(t, stranger), id, "", 1)),
			"change":  third(service.ChangeWebhook(as(t, stranger), model.HookChange{ID: id, Paused: &yes})),
			"replay":  third(service.ReplayWebhook(as(t, stranger), id, nil)),
			"delete":  second(service.DropWebhook(as(t, stranger), id, nil)),
			"a foreign feed": second(service.CreateWebhook(as(t, stranger), model.NewWebhook{
				ID: newID(), Feed: "unit:7", URL: "https://receiver.example/"})),
		} {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by a stranger: %v", name, err)
			}
		}
		mine, err := service.Webhooks(as(t, hookKey), "", 10)
		theirs, err2 := service.Webhooks(as(t, stranger), "", 10)
		all, err3 := service.Webhooks(as(t, model.Principal{Role: model.RoleAdmin, Subject: "a", Session: "s"}), "", 10)
		if len(mine) != 1 || len(theirs) != 0 || len(all) != 1 || err != nil || err2 != nil || err3 != nil {
			t.Errorf("lists of %d, %d and %d; %v %v %v", len(mine), len(theirs), len(all), err, err2, err3)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation LIKE 'webhook.%' AND subject = ?", "webhook/"+id); n != 4 {
			t.Errorf("%d entries in the audit for four commands", n)
		}
	})
}

// only holds for one revision.
func only(revision uint64) func(uint64) error {
	return func(is uint64) error {
		if is == revision {
			return nil
		}
		return fault.New(fault.PreconditionFailed, "another revision")
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

func TestAnOwnerHasSoManyWebhooks(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for range model.MaxHooks {
			b.hook(t)
		}
		_, err := b.service().CreateWebhook(as(t, hookKey), model.NewWebhook{ID: newID(), Feed: "region:11", URL: "https://receiver.example/"})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("one more: %v", err)
		}
	})
}

func TestWhoAnOwnerIsNow(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		service, admin := b.service(), as(t, model.Principal{Role: model.RoleAdmin, Subject: "a", Session: "s"})
		key, _, err := service.CreateAPIKey(admin, model.APIKey{
			ID: newID(), Name: "관제 시스템", Hash: "h", Scopes: []model.Right{model.ManageHooks, model.ReadBoard}, ExpiresAt: feed.At(time.Now().Add(48 * time.Hour)),
		})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(actor string, want fault.Code) {
			t.Helper()
			p, err := service.HookOwner(t.Context(), actor)
			if want != "" && !fault.Is(err, want) || want == "" && (err != nil || (model.Webhook{Feed: "region:11"}).MayHook(p) != nil) {
				t.Errorf("%s: %+v, %v; want %q", actor, p, err, want)
			}
		}
		ask("key:"+key.ID, "")
		ask("key:none", fault.NotFound)
		ask("token:kim", fault.NotFound)
		ask("", fault.NotFound)
		b.exec(t, "UPDATE api_key SET expires_at = 1")
		ask("key:"+key.ID, fault.Revoked)
		b.exec(t, "UPDATE api_key SET expires_at = 9000000000000")
		ask("key:"+key.ID, "")
		if _, err := service.RevokeAPIKey(admin, key.ID); err != nil {
			t.Fatal(err)
		}
		ask("key:"+key.ID, fault.Revoked)

		account := model.Account{
			ID: newID(), Login: "admin1", Name: "관리자", Email: "a@example.kr", Phone: "010-1234-5678", Organisation: "중앙", Password: "h",
			Rights: model.Rights{Role: model.RoleAdmin},
		}
		if _, err := service.CreateAccount(admin, account); err != nil {
			t.Fatal(err)
		}
		ask(account.ID, "")
		if _, _, err := service.Block(admin, account.ID, 0, "퇴사"); err != nil {
			t.Fatal(err)
		}
		ask(account.ID, fault.Revoked)
	})
}

func TestATokenMadeByHandHasNoWebhooks(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		_, err := b.service().CreateWebhook(as(t, model.Principal{Role: model.RoleAdmin, Subject: "hand"}), model.NewWebhook{
			ID: newID(), Feed: "region:11", URL: "https://receiver.example/",
		})
		if !fault.Is(err, fault.Forbidden) || b.number(t, "SELECT COUNT(*) FROM webhook") != 0 {
			t.Errorf("%v", err)
		}
	})
}
