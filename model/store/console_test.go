package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
)

// A console desk is a hospital with beds, its staff, and plain SQL for time to
// pass.
type consoleDesk struct {
	*bench
	*model.Service
	nurse model.Principal
}

func newConsoleDesk(t *testing.T, b *bench) *consoleDesk {
	t.Helper()
	d := &consoleDesk{b, b.service(), staff(near)}
	for _, id := range []string{near, far} {
		b.write(t, save(full(id, 3)))
		b.exec(t, "UPDATE hospital SET console = '', console_at = 0")
	}
	if err := b.rekey(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *consoleDesk) prove(t *testing.T, who model.Principal, id string, visible, audible bool) (model.ConsoleLease, error) {
	t.Helper()
	lease, _, err := d.ProveConsole(as(t, who), model.Console{HospitalID: near, ID: id, Visible: visible, Audible: audible})
	return lease, err
}

// proves is prove that is not refused.
func (d *consoleDesk) proves(t *testing.T, id string, visible, audible bool, want model.Reach) {
	t.Helper()
	lease, err := d.prove(t, d.nurse, id, visible, audible)
	if err != nil || lease.Reach != want {
		t.Errorf("%s proves visible %v, audible %v: %+v, %v; want %s", id, visible, audible, lease, err, want)
	}
	d.shows(t, want)
}

// shows is what the region's feed says.
func (d *consoleDesk) shows(t *testing.T, want model.Reach) {
	t.Helper()
	v := (&wardDesk{&caseDesk{bench: d.bench}}).key(t, "region:11", near+"/console")
	if got := model.Reach(fmt.Sprint(v["reach"])); got != want {
		t.Errorf("the region shows %v, want %s", v, want)
	}
}

func (d *consoleDesk) head(t *testing.T) uint64 {
	t.Helper()
	h, err := d.Head(t.Context(), "region:11")
	if err != nil {
		t.Fatal(err)
	}
	return h.Seq
}

// silence lets a lease end, as if its console had said nothing for so long.
func (d *consoleDesk) silence(t *testing.T, id string) {
	t.Helper()
	d.exec(t, "UPDATE console SET ends_at = ends_at - ? WHERE id = ?", model.ConsoleMS, id)
}

func (d *consoleDesk) lapse(t *testing.T, want int) {
	t.Helper()
	if n, err := d.EndConsoles(t.Context()); err != nil || n != want {
		t.Errorf("%d hospitals are reached less well, %v; want %d", n, err, want)
	}
}

func TestTheBestConsoleSpeaksForItsHospital(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		d := newConsoleDesk(t, b)
		if v := (&wardDesk{&caseDesk{bench: b}}).key(t, "region:11", near+"/console"); v != nil {
			t.Errorf("a hospital that never had a console has %v", v)
		}
		d.lapse(t, 0)
		d.proves(t, "one", true, false, model.ReachVisible)
		d.proves(t, "two", true, true, model.ReachAudible)
		d.proves(t, "one", false, false, model.ReachAudible)
		d.silence(t, "two")
		d.shows(t, model.ReachAudible) // until somebody looks
		d.lapse(t, 1)
		d.shows(t, model.ReachOpen)
		d.lapse(t, 0)
		d.proves(t, "two", false, true, model.ReachAudible) // it is back
		if _, _, err := d.LeaveConsole(as(t, d.nurse), near, "two"); err != nil {
			t.Error(err)
		}
		d.shows(t, model.ReachOpen)
		if lease, _, err := d.LeaveConsole(as(t, d.nurse), near, "one"); err != nil || lease.Reach != model.ReachNone {
			t.Errorf("the last one leaves: %+v, %v", lease, err)
		}
		d.shows(t, model.ReachNone)
		if _, _, err := d.LeaveConsole(as(t, d.nurse), near, "one"); err != nil {
			t.Errorf("it leaves once more: %v", err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM console"); n != 0 {
			t.Errorf("%d leases stay", n)
		}
		b.sound(t)
	})
}

// A lease that is over is none, even before anybody has ended it: whoever holds
// it comes back as somebody new.
func TestALeaseThatIsOverIsNotRenewed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		d := newConsoleDesk(t, b)
		d.proves(t, "one", true, true, model.ReachAudible)
		d.silence(t, "one")
		if lease, err := b.RenewConsole(t.Context(), model.Console{HospitalID: near, ID: "one", Account: d.nurse.Actor(), Visible: true, Audible: true}); lease != nil || err != nil {
			t.Errorf("renewed to %+v, %v", lease, err)
		}
		d.proves(t, "one", true, true, model.ReachAudible)
		d.lapse(t, 0)
	})
}

// What is proved again is a moved end and nothing else.
func TestASteadyConsoleMovesNothing(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		d := newConsoleDesk(t, b)
		d.proves(t, "one", true, true, model.ReachAudible)
		state := func() string {
			return fmt.Sprint(d.head(t), b.number(t, "SELECT COUNT(*) FROM audit"), b.number(t, "SELECT version FROM hospital WHERE id = ?", near))
		}
		before, ends := state(), b.number(t, "SELECT ends_at FROM console")
		for range 20 {
			b.exec(t, "UPDATE console SET ends_at = ends_at - 5000")
			d.proves(t, "one", true, true, model.ReachAudible)
		}
		if after := state(); after != before {
			t.Errorf("feed, audit and hospital were at %s and are at %s", before, after)
		}
		if now := b.number(t, "SELECT ends_at FROM console"); now < ends {
			t.Errorf("the lease ended at %d, and now at %d", ends, now)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'console.proved'"); n != 1 {
			t.Errorf("written down %d times", n)
		}
	})
}

// A renewal passes a line of writers, and on a database that locks rows also
// whoever holds its hospital.
func TestARenewalWaitsForNobody(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		d := newConsoleDesk(t, b)
		d.proves(t, "one", true, true, model.ReachAudible)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		renew := func(while string) {
			t.Helper()
			lease, err := b.RenewConsole(ctx, model.Console{HospitalID: near, ID: "one", Account: d.nurse.Actor(), Visible: true, Audible: true})
			if err != nil || lease == nil || lease.Reach != model.ReachAudible {
				t.Errorf("%s: %+v, %v", while, lease, err)
			}
		}
		for range cap(b.turns) {
			b.turns <- struct{}{}
		}
		renew("all turns are taken")
		for range cap(b.turns) {
			<-b.turns
		}
		if b.name() == "mysql" {
			b.write(t, func(ctx context.Context, tx model.Tx) error {
				_, err := tx.LockHospitals(ctx, []string{near})
				renew("its hospital is locked")
				return err
			})
		}
	})
}

func TestWhoMayHoldAConsole(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		d := newConsoleDesk(t, b)
		d.proves(t, "one", true, true, model.ReachAudible)
		colleague := staff(near)
		colleague.Subject = "colleague"
		for _, tc := range []struct {
			name     string
			who      model.Principal
			hospital string
			id       string
			want     fault.Code
		}{
			{"another account's", colleague, near, "one", fault.Conflict},
			{"of another hospital", staff(far), near, "x", fault.Forbidden},
			{"a crew", model.Principal{Subject: "crew", Role: model.RoleCrew, Unit: "u"}, near, "x", fault.Forbidden},
			{"no hospital's", staff("A1100099"), "A1100099", "x", fault.NotFound},
			{"without an id", d.nurse, near, "", fault.Invalid},
			{"with a long id", d.nurse, near, "0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968x", fault.Invalid},
		} {
			_, _, err := d.ProveConsole(as(t, tc.who), model.Console{HospitalID: tc.hospital, ID: tc.id, Audible: true})
			if !fault.Is(err, tc.want) {
				t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
			}
		}
		if _, _, err := d.LeaveConsole(as(t, colleague), near, "one"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a colleague closes it: %v", err)
		}
		d.shows(t, model.ReachAudible)
		for i := 1; i < model.MaxConsoles; i++ {
			if _, err := d.prove(t, d.nurse, fmt.Sprint(i), true, false); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.prove(t, d.nurse, "one more", true, false); !fault.Is(err, fault.Invalid) {
			t.Errorf("an id with a space: %v", err)
		}
		if _, err := d.prove(t, d.nurse, "one-more", true, false); !fault.Is(err, fault.Conflict) {
			t.Errorf("one more than there may be: %v", err)
		}
		d.silence(t, "1")
		if _, err := d.prove(t, d.nurse, "one-more", true, false); err != nil {
			t.Errorf("one of them is over: %v", err)
		}
	})
}

// A reach without a lease, whoever took the lease, is no reach; and housekeeping,
// which holds no hospital's lock, takes none.
func TestAReachThatNoLeaseStandsForEnds(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		d := newConsoleDesk(t, b)
		d.proves(t, "one", true, true, model.ReachAudible)
		b.exec(t, "UPDATE console SET ends_at = ends_at - ?", 25*60*60_000)
		if _, err := b.Prune(t.Context(), 48*time.Hour); err != nil {
			t.Fatal(err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM console"); n != 1 {
			t.Errorf("%d leases stay behind a reach", n)
		}
		b.exec(t, "DELETE FROM console")
		d.lapse(t, 1)
		d.shows(t, model.ReachNone)
	})
}

// However consoles prove, leave, fall silent and are ended at once, the feed
// says in the end what the leases that live prove.
func TestConsolesRace(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		d := newConsoleDesk(t, b)
		var all sync.WaitGroup
		act := func(seed uint64) {
			r := rand.New(rand.NewPCG(seed, 1))
			for range 25 {
				id := fmt.Sprint(r.IntN(3))
				var err error
				switch r.IntN(6) {
				case 0:
					_, _, err = d.LeaveConsole(as(t, d.nurse), near, id)
				case 1:
					_, err = b.plain.Exec("UPDATE console SET ends_at = ends_at - ? WHERE id = ?", model.ConsoleMS, id)
				case 2:
					_, err = d.EndConsoles(t.Context())
				default:
					_, _, err = d.ProveConsole(as(t, d.nurse), model.Console{HospitalID: near, ID: id, Visible: r.IntN(2) == 0, Audible: r.IntN(4) == 0})
				}
				if err != nil {
					t.Error(err)
				}
			}
		}
		for seed := range uint64(6) {
			all.Go(func() { act(seed) })
		}
		all.Wait()
		if _, err := d.EndConsoles(t.Context()); err != nil {
			t.Fatal(err)
		}
		best := model.ReachNone
		for _, level := range []struct {
			of    model.Reach
			where string
		}{{model.ReachOpen, "1 = 1"}, {model.ReachVisible, "visible"}, {model.ReachAudible, "audible"}} {
			if b.number(t, "SELECT COUNT(*) FROM console WHERE "+level.where) > 0 {
				best = level.of
			}
		}
		d.shows(t, best)
		b.sound(t)
	})
}
