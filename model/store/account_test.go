package store

import (
	"context"
	"fmt"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

var admin = model.Principal{Subject: "root", Role: model.RoleAdmin}

// signUp makes a sign-up that wants a role.
func (b *bench) signUp(t *testing.T, login string, r model.Rights) model.Account {
	t.Helper()
	a := model.Account{
		ID: newID(), Login: login, Name: "김구급", Email: "kim@example.kr", Phone: "010-1234-5678",
		Organisation: "강남소방서", Certificate: "2020-1", Password: "hash of " + login, Rights: r,
	}
	if _, err := b.service().SignUp(as(t, model.Principal{}), a); err != nil {
		t.Fatal(err)
	}
	return b.account(t, a.ID)
}

func (b *bench) account(t *testing.T, id string) model.Account {
	t.Helper()
	a, err := b.service().Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var (
	crewOf11 = model.Rights{Role: model.RoleCrew, Regions: []string{"11"}}
	nurse    = model.Rights{Role: model.RoleHospital, Hospital: "A1100001"}
)

// member is an account that may sign in.
func (b *bench) member(t *testing.T, login string, r model.Rights) model.Account {
	t.Helper()
	a, _, err := b.service().Approve(as(t, admin), b.signUp(t, login, r).ID, 0, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// onAdmin is the value of a sign-up's key on the administrators' feed.
func (b *bench) onAdmin(t *testing.T, id string) string {
	t.Helper()
	v, err := b.Value(t.Context(), "admin", "signup/"+id)
	if err != nil {
		t.Fatal(err)
	}
	return string(v)
}

func TestASignUpWaitsForAnAdministrator(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, a := b.service(), b.signUp(t, "Kim.Crew", crewOf11)
		if a.State != model.AccountPending || a.Login != "kim.crew" || b.onAdmin(t, a.ID) == "" {
			t.Errorf("signed up as %+v, on the feed as %q", a, b.onAdmin(t, a.ID))
		}
		if _, err := s.SignIn(as(t, model.Principal{}), a.ID, newID(), "h", ""); !fault.Is(err, fault.NotApproved) {
			t.Errorf("signing in before approval: %v", err)
		}
		if _, _, err := s.Approve(as(t, admin), a.ID, a.Revision+1, crewOf11); !fault.Is(err, fault.PreconditionFailed) {
			t.Errorf("approving another revision: %v", err)
		}
		after, _, err := s.Approve(as(t, admin), a.ID, a.Revision, nurse)
		if err != nil || after.State != model.AccountActive || after.Hospital != "A1100001" || after.DecidedBy != "token:root" {
			t.Errorf("approved to %+v, %v", after, err)
		}
		if b.onAdmin(t, a.ID) != "" {
			t.Error("it still waits on the administrators' feed")
		}
		if now := b.account(t, a.ID); fmt.Sprint(now) != fmt.Sprint(after) {
			t.Errorf("stored as %+v, returned %+v", now, after)
		}
		if _, _, err := s.Approve(as(t, admin), a.ID, 0, nurse); !fault.Is(err, fault.Conflict) {
			t.Errorf("approving twice: %v", err)
		}
	})
}

func TestWhoIsRejectedIsToldSo(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, a := b.service(), b.signUp(t, "lee.crew", crewOf11)
		if _, _, err := s.Reject(as(t, admin), a.ID, a.Revision, "no such station"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SignIn(as(t, model.Principal{}), a.ID, newID(), "h", ""); !fault.Is(err, fault.Rejected) {
			t.Errorf("signing in: %v", err)
		}
	})
}

// A login that is taken is not told to who signs up, and never has two owners.
func TestALoginHasOneOwner(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, first := b.service(), b.member(t, "kim", crewOf11)
		second := b.signUp(t, "kim", crewOf11)
		if _, _, err := s.Approve(as(t, admin), second.ID, 0, crewOf11); !fault.Is(err, fault.Conflict) {
			t.Errorf("approving a second kim: %v", err)
		}
		if a, err := s.AccountByLogin(t.Context(), "KIM"); err != nil || a.ID != first.ID {
			t.Errorf("kim is %+v, %v", a, err)
		}
		other := "kim2"
		if _, _, err := s.ChangeAccount(as(t, admin), second.ID, 0, model.AccountChange{Login: &other}); err != nil {
			t.Fatal(err)
		}
		if a, _, err := s.Approve(as(t, admin), second.ID, 0, crewOf11); err != nil || a.Login != other {
			t.Errorf("approved with another login: %+v, %v", a, err)
		}
		// Around the check: what the unique column refuses is tried again, not written into the owner's row.
		tries := 0
		_, _, err := b.Write(t.Context(), func(ctx context.Context, m model.Tx) error {
			if tries++; tries > 1 {
				return fault.New(fault.Conflict, "tried again")
			}
			row := newAccountRow(b.account(t, second.ID))
			row.LoginTaken.String, row.Login = "kim", "kim"
			return m.(*tx).putAccount(ctx, row)
		})
		if b.url[:5] == "mysql" && (tries != 2 || !fault.Is(err, fault.Conflict)) || err == nil {
			t.Errorf("two owners: %v after %d tries", err, tries)
		}
		if a := b.account(t, first.ID); a.Name != first.Name || a.Login != "kim" {
			t.Errorf("the owner became %+v", a)
		}
	})
}

func TestWhatASignUpMayNotSay(t *testing.T) {
	err := model.CheckSignUp(model.Account{Login: "a", Phone: "x", Rights: model.Rights{Role: model.RoleAdmin, Hospital: "B", Regions: []string{"99"}}})
	f := fault.Public(err)
	named := map[string]bool{}
	for _, one := range f.Fields {
		named[one.Name] = true
	}
	for _, field := range []string{"login", "name", "email", "phone", "organisation", "hospital", "regions", "role"} {
		if !named[field] {
			t.Errorf("%s is not named in %v", field, err)
		}
	}
}

// begin signs an account in.
func (b *bench) begin(t *testing.T, account, token string) (model.Principal, string) {
	t.Helper()
	id := newID()
	p, err := b.service().SignIn(as(t, model.Principal{}), account, id, token, "test")
	if err != nil {
		t.Fatal(err)
	}
	return p, id
}

func (b *bench) cuts(t *testing.T) model.Revocations {
	t.Helper()
	s, err := b.Snapshot(t.Context(), string(feed.System))
	if err != nil {
		t.Fatal(err)
	}
	var live []feed.Entry
	for _, e := range s.Entries {
		if !e.Gone {
			live = append(live, e)
		}
	}
	r, err := model.ReadRevocations(live)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// judged holds a principal against the rows and against the system feed: both
// must say the same.
func (b *bench) judged(t *testing.T, what string, p model.Principal, want fault.Code) {
	t.Helper()
	byRows, byFeed := b.service().Standing(t.Context(), p), b.cuts(t).Check(p)
	for where, err := range map[string]error{"rows": byRows, "feed": byFeed} {
		if want == "" && err != nil || want != "" && !fault.Is(err, want) {
			t.Errorf("%s: by the %s %v, want %q", what, where, err, want)
		}
	}
}

func TestRightsAreTakenBackEverywhere(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, a, u := b.service(), b.member(t, "kim", crewOf11), b.unit(t)
		p, id := b.begin(t, a.ID, "r1")
		b.judged(t, "signed in", p, "")

		if _, err := s.SignOn(as(t, p), id, u.ID); err != nil {
			t.Fatal(err)
		}
		b.judged(t, "before it signed on", p, fault.RightsChanged)
		p, err := s.Refresh(t.Context(), id, "r1", "r2")
		if err != nil || p.Unit != u.ID {
			t.Fatalf("refreshed to %+v, %v", p, err)
		}
		b.judged(t, "signed on", p, "")

		if _, _, err := s.ChangeAccount(as(t, admin), a.ID, 0, model.AccountChange{Rights: &nurse}); err != nil {
			t.Fatal(err)
		}
		b.judged(t, "before another role", p, fault.RightsChanged)
		p, err = s.Refresh(t.Context(), id, "r2", "r3")
		if err != nil || p.Role != model.RoleHospital || p.Hospital != "A1100001" {
			t.Fatalf("refreshed to %+v, %v", p, err)
		}
		b.judged(t, "with another role", p, "")

		if _, err := s.SignOut(as(t, p), a.ID, id); err != nil {
			t.Fatal(err)
		}
		b.judged(t, "signed out", p, fault.SignedOut)
		if _, err := s.Refresh(t.Context(), id, "r3", "r4"); !fault.Is(err, fault.SignedOut) {
			t.Errorf("refreshing after signing out: %v", err)
		}

		here, hereID := b.begin(t, a.ID, "h1")
		there, _ := b.begin(t, a.ID, "t1")
		if _, err := s.SignOutEverywhere(as(t, here), a.ID, hereID); err != nil {
			t.Fatal(err)
		}
		b.judged(t, "here", here, "")
		b.judged(t, "everywhere else", there, fault.SignedOut)

		if _, _, err := s.Block(as(t, admin), a.ID, 0, "퇴사"); err != nil {
			t.Fatal(err)
		}
		b.judged(t, "blocked", here, fault.Revoked)
		if _, err := s.SignIn(as(t, model.Principal{}), a.ID, newID(), "x", ""); !fault.Is(err, fault.Revoked) {
			t.Errorf("signing in while blocked: %v", err)
		}
		if _, _, err := s.Unblock(as(t, admin), a.ID, 0); err != nil {
			t.Fatal(err)
		}
		again, _ := b.begin(t, a.ID, "n1")
		b.judged(t, "unblocked", again, "")
		if err := s.Standing(t.Context(), here); err == nil {
			t.Error("a session from before the block goes on")
		}
		if open, err := s.SessionsOf(t.Context(), a.ID); err != nil || len(open) != 1 {
			t.Errorf("%d sessions are open, %v", len(open), err)
		}
	})
}

// later makes the session's level older by so many milliseconds.
func (b *bench) later(t *testing.T, session string, ms int) {
	t.Helper()
	b.exec(t, fmt.Sprintf("UPDATE session SET level_at = level_at - %d WHERE id = '%s'", ms, session))
}

func TestARefreshTokenIsGoodOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, a := b.service(), b.member(t, "kim", crewOf11)
		refresh := func(id, with, next string) error {
			_, err := s.Refresh(t.Context(), id, with, next)
			return err
		}
		t.Run("a lost answer", func(t *testing.T) {
			_, id := b.begin(t, a.ID, "1")
			for _, step := range [][2]string{{"1", "2a"}, {"1", "2b"}, {"2a", "3"}, {"3", "4"}} {
				if err := refresh(id, step[0], step[1]); err != nil {
					t.Fatalf("%s → %s: %v", step[0], step[1], err)
				}
			}
		})
		t.Run("the other answer", func(t *testing.T) {
			_, id := b.begin(t, a.ID, "1")
			for _, step := range [][2]string{{"1", "2a"}, {"1", "2b"}, {"2b", "3"}, {"2a", "3b"}, {"3b", "4"}} {
				if err := refresh(id, step[0], step[1]); err != nil {
					t.Fatalf("%s → %s: %v", step[0], step[1], err)
				}
			}
		})
		t.Run("answers that are lost for long", func(t *testing.T) {
			p, id := b.begin(t, a.ID, "1")
			for _, next := range []string{"2a", "2b", "2c"} {
				if err := refresh(id, "1", next); err != nil {
					t.Fatalf("1 → %s: %v", next, err)
				}
				b.later(t, id, model.RefreshGraceMS+1)
			}
			if err := refresh(id, "2c", "3"); err != nil {
				t.Errorf("the answer that arrived: %v", err)
			}
			b.judged(t, "after a dead zone", p, "")
		})
		// Whoever has a copy and its owner, in every order in which they can come.
		for name, steps := range map[string][][2]string{
			"a copied token, its owner is first":           {{"1", "owner"}, {"1", "thief"}, {"owner", "x"}},
			"a copied token, the thief is first":           {{"1", "thief"}, {"1", "owner"}, {"thief", "x"}},
			"a copied token, the thief twice":              {{"1", "thief"}, {"thief", "thief 2"}, {"1", "x"}},
			"a copied token, used when both have gone on":  {{"1", "owner"}, {"1", "thief"}, {"thief", "thief 2"}, {"owner", "x"}},
			"a copied token, its owner asked a third time": {{"1", "owner"}, {"1", "thief"}, {"1", "owner 2"}, {"thief", "x"}},
		} {
			t.Run(name, func(t *testing.T) {
				p, id := b.begin(t, a.ID, "1")
				last := len(steps) - 1
				for _, step := range steps[:last] {
					if err := refresh(id, step[0], step[1]); err != nil {
						t.Fatalf("%s → %s: %v", step[0], step[1], err)
					}
					b.later(t, id, model.RefreshGraceMS+1)
				}
				if err := refresh(id, steps[last][0], "x"); !fault.Is(err, fault.SignedOut) {
					t.Errorf("the dead token: %v", err)
				}
				b.judged(t, "after the reuse", p, fault.SignedOut)
				for _, step := range steps[:last] {
					if err := refresh(id, step[1], "y"); !fault.Is(err, fault.SignedOut) {
						t.Errorf("%s afterwards: %v", step[1], err)
					}
				}
			})
		}
		t.Run("two levels back", func(t *testing.T) {
			_, id := b.begin(t, a.ID, "1")
			for _, step := range [][2]string{{"1", "2"}, {"2", "3"}} {
				if err := refresh(id, step[0], step[1]); err != nil {
					t.Fatal(err)
				}
			}
			if err := refresh(id, "1", "thief"); !fault.Is(err, fault.SignedOut) {
				t.Errorf("two levels back: %v", err)
			}
		})
		t.Run("a token of nobody", func(t *testing.T) {
			p, id := b.begin(t, a.ID, "1")
			if err := refresh(id, "guessed", "2"); !fault.Is(err, fault.SignedOut) {
				t.Errorf("a guess: %v", err)
			}
			b.judged(t, "after a guess", p, "")
		})
		t.Run("left alone", func(t *testing.T) {
			_, id := b.begin(t, a.ID, "1")
			b.exec(t, fmt.Sprintf("UPDATE session SET used_at = used_at - %d WHERE id = '%s'", model.SessionIdleMS, id))
			if err := refresh(id, "1", "2"); !fault.Is(err, fault.SignedOut) {
				t.Errorf("after too long: %v", err)
			}
		})
	})
}

// A node that has not heard yet lets the command through; the database does not.
func TestNothingIsDoneWithRightsThatWereTakenBack(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, boss := b.service(), b.member(t, "boss", model.Rights{Role: model.RoleControl, Regions: []string{"11", "41"}})
		now, err := b.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		program := model.APIKey{ID: newID(), Name: "HIS", Hash: "h", Scopes: []model.Right{model.PushObservations}, Hospital: "A1100001", ExpiresAt: now + 86_400_000}
		if _, _, err := s.CreateAPIKey(as(t, admin), program); err != nil {
			t.Fatal(err)
		}
		command := func(p model.Principal) error {
			_, err := s.CreateUnit(as(t, p), model.Unit{ID: newID(), CallSign: "강남 201", Region: "11", Organisation: "강남소방서", Kind: model.Unit119})
			return err
		}
		for name, tc := range map[string]struct {
			take func(p model.Principal) error
			want fault.Code
		}{
			"signed out": {func(p model.Principal) error { _, err := s.SignOut(as(t, p), boss.ID, p.Session); return err }, fault.SignedOut},
			"another role": {func(model.Principal) error {
				_, _, err := s.ChangeAccount(as(t, admin), boss.ID, 0, model.AccountChange{Rights: &model.Rights{Role: model.RoleControl, Regions: []string{"11"}}})
				return err
			}, fault.RightsChanged},
		} {
			p, _ := b.begin(t, boss.ID, newID())
			if err := command(p); err != nil {
				t.Errorf("%s, before: %v", name, err)
			}
			if err := tc.take(p); err != nil {
				t.Fatal(err)
			}
			before := b.number(t, "SELECT COUNT(*) FROM audit")
			if err := command(p); !fault.Is(err, tc.want) {
				t.Errorf("%s: %v, want %s", name, err, tc.want)
			}
			if after := b.number(t, "SELECT COUNT(*) FROM audit"); after != before {
				t.Errorf("%s: %d entries of what was not done", name, after-before)
			}
		}
		p, _ := b.begin(t, boss.ID, "b")
		if _, _, err := s.Block(as(t, admin), boss.ID, 0, "퇴사"); err != nil {
			t.Fatal(err)
		}
		if err := command(p); !fault.Is(err, fault.Revoked) {
			t.Errorf("blocked: %v", err)
		}
		if err := command(program.Principal()); err != nil {
			t.Errorf("a key that stands: %v", err)
		}
		if _, err := s.RevokeAPIKey(as(t, admin), program.ID); err != nil {
			t.Fatal(err)
		}
		if err := command(program.Principal()); !fault.Is(err, fault.Revoked) {
			t.Errorf("a key that was revoked: %v", err)
		}
	})
}

func TestAPIKeysOpenUntilTheyAreRevoked(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s := b.service()
		now, err := b.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		k := model.APIKey{ID: newID(), Name: "HIS", Hash: "h", Scopes: []model.Right{model.PushObservations}, Hospital: "A1100001", ExpiresAt: now + 86_400_000}
		if _, _, err := s.CreateAPIKey(as(t, admin), k); err != nil {
			t.Fatal(err)
		}
		open := func() (model.Principal, error) {
			return s.OpenAPIKey(t.Context(), k.ID, func(hash string) bool { return hash == "h" })
		}
		p, err := open()
		if err != nil || p.May(model.PushObservations, model.Record{Hospital: "A1100001"}) != nil || p.May(model.ReadBoard, model.Record{}) == nil {
			t.Errorf("it opened as %+v, %v", p, err)
		}
		if held, err := s.APIKey(t.Context(), k.ID); err != nil || held.UsedAt == 0 || held.CreatedBy != "token:root" {
			t.Errorf("kept as %+v, %v", held, err)
		}
		if _, err := s.OpenAPIKey(t.Context(), k.ID, func(string) bool { return false }); !fault.Is(err, fault.TokenInvalid) {
			t.Errorf("with another secret: %v", err)
		}
		b.judged(t, "while it stands", p, "")
		if _, err := s.RevokeAPIKey(as(t, admin), k.ID); err != nil {
			t.Fatal(err)
		}
		b.judged(t, "revoked", p, fault.Revoked)
		if _, err := open(); !fault.Is(err, fault.Revoked) {
			t.Errorf("opened after it was revoked: %v", err)
		}
		for field, change := range map[string]func(*model.APIKey){
			"name": func(k *model.APIKey) { k.Name = "" }, "scopes": func(k *model.APIKey) { k.Scopes = []model.Right{model.ManageUsers} },
			"hospital": func(k *model.APIKey) { k.Hospital = "x" }, "expires_at": func(k *model.APIKey) { k.ExpiresAt = now },
		} {
			bad := k
			bad.ID = newID()
			change(&bad)
			if _, _, err := s.CreateAPIKey(as(t, admin), bad); fault.Public(err).Field != field {
				t.Errorf("a wrong %s: %v", field, err)
			}
		}
	})
}

func TestGuessingIsSlowed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s := b.service()
		hash := func(parts ...string) string { return fmt.Sprintf("%64s", fmt.Sprint(parts))[:64] }
		names := model.GuessNames("kim", "192.0.2.1", hash)
		for i := range 4 {
			if err := s.Guess(t.Context(), names); err != nil {
				t.Fatalf("try %d: %v", i+1, err)
			}
		}
		if err := s.Guess(t.Context(), names); err != nil { // counted, and from now on there is a wait
			t.Fatal(err)
		}
		if err := s.Guess(t.Context(), names); !fault.Is(err, fault.TooManyRequests) || fault.Public(err).RetryAfter <= 0 {
			t.Errorf("the sixth try: %v", err)
		}
		if err := s.Guess(t.Context(), model.GuessNames("kim", "198.51.100.7", hash)); err != nil {
			t.Errorf("its owner, from elsewhere: %v", err)
		}
		if err := s.Guess(t.Context(), model.GuessNames("lee", "192.0.2.1", hash)); err != nil {
			t.Errorf("a colleague, from the same address: %v", err)
		}
		if err := s.Guessed(t.Context(), names); err != nil {
			t.Fatal(err)
		}
		if err := s.Guess(t.Context(), names); err != nil {
			t.Errorf("after it was right: %v", err)
		}
	})
}

func TestCutsAreForgottenWhenNoTokenCanNeedThem(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, a := b.service(), b.member(t, "kim", crewOf11)
		for _, token := range []string{"old", "young"} {
			p, id := b.begin(t, a.ID, token)
			if _, err := s.SignOut(as(t, p), a.ID, id); err != nil {
				t.Fatal(err)
			}
			if token == "old" {
				b.exec(t, fmt.Sprintf("UPDATE feed_event SET created_at = created_at - %d WHERE feed = 'system'", model.CutKeepMS+1))
			}
		}
		if n, err := s.ForgetCuts(t.Context()); err != nil || n != 1 {
			t.Errorf("%d cuts were forgotten, %v; one is old", n, err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM feed_key WHERE feed = 'system' AND gone = 0"); n != 1 {
			t.Errorf("%d cuts stand", n)
		}
	})
}

func TestADemosAccountIsInNoRealDatabase(t *testing.T) {
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			db := open(t, newURL(t), Options{Mode: model.Real})
			_, err := model.NewService(db, deaf{}).CreateAccount(t.Context(), model.Account{
				ID: newID(), Login: "demo", Name: "d", Email: "d@example.kr", Phone: "010-0000-0000", Organisation: "o", Demo: true,
				Rights: model.Rights{Role: model.RoleViewer},
			})
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("a demo account in a real database: %v", err)
			}
		})
	}
}
