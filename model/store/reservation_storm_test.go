package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
)

// The storm of reservations: crews, nurses, the control room and time at once,
// over a few cases and hospitals with three beds each. Nobody overrides at the
// first two, so at no moment may they hold more than they have.

const (
	rushers   = 16
	rushSteps = 20 // of each
	rushBeds  = 3
	rushCases = 12
)

// rushTimes let requests run out while the storm lasts.
var rushTimes = model.ReservationTimes{LouderMS: 20, SecondMS: 40, NoAnswerMS: 60, ExpireMS: 800, UndoMS: 10_000, GraceMS: 500, UnsaidMS: 1_000}

// A rushed one is a request in the storm.
type rushed struct {
	id, hospital, of string // of a case
	slot             int    // of its crew
}

// A rush is what everybody in it shares.
type rush struct {
	*wardDesk
	crews [rushCases]model.Principal // each of its own vehicle: they meet at the hospitals only

	mu    sync.Mutex
	cases [rushCases]string // those at hand, one of each crew
	asked []rushed
	took  []time.Duration
	codes map[fault.Code]int
}

func (s *rush) pick(r *rand.Rand) (slot int, id string, one rushed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot = r.IntN(rushCases)
	if n := len(s.asked); n > 0 {
		one = s.asked[n-1-r.IntN(min(n, 3*rushCases))] // rather the newest: the old are over
	}
	return slot, s.cases[slot], one
}

// step is one command of somebody.
func (s *rush) step(t *testing.T, r *rand.Rand) {
	slot, id, one := s.pick(r)
	began := time.Now()
	err := s.command(t, r, slot, id, one)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = append(s.took, time.Since(began))
	code := fault.Code("")
	if err != nil {
		code = fault.Public(err).Code
	}
	s.codes[code]++
	if !slices.Contains([]fault.Code{"", fault.Conflict, fault.PreconditionFailed}, code) {
		t.Errorf("a command came to %v", err)
	}
}

func (s *rush) command(t *testing.T, r *rand.Rand, slot int, id string, one rushed) (err error) {
	nurse := as(t, staff(one.hospital))
	switch n := r.IntN(20); {
	case n < 5 || one.id == "":
		return s.asks(t, r, slot, id)
	case n < 11:
		c := model.ApproveCommand{ID: one.id, Seen: s.version(t, one.of)}
		if one.hospital == other {
			c.Override = "one more"
		}
		_, err = s.ApproveRequest(nurse, c)
	case n < 12:
		_, err = s.RejectRequest(nurse, model.RejectCommand{ID: one.id, Reason: model.ReasonNoBeds})
	case n < 13:
		_, err = s.CancelReservation(as(t, controlOf11), one.id)
	case n < 14:
		_, err = s.WithdrawApproval(nurse, one.id, model.ReasonNoICU)
	case n < 15:
		if _, err = s.ReportArrival(nurse, one.id); err == nil {
			return s.opens(t, one.slot)
		}
	case n < 16:
		_, _, err = s.ChangeCase(as(t, s.crews[slot]), id, 0, model.CaseChange{Triage: func(t *model.Triage) { t.KTAS = 1 + r.IntN(5) }})
	case n < 17:
		_, err = s.Designate(as(t, controlOf11), model.DesignateCommand{Case: id, Seen: s.version(t, id), Hospital: model.Ask{ID: newID(), Hospital: near}})
	case n < 18:
		return s.renews(t, slot, id)
	case n < 19:
		_, err = s.KeepDeadlines(t.Context())
	default:
		err = s.counts(t, wards[r.IntN(2)])
	}
	return err
}

// counts lets a hospital say its beds once more, as of now: whoever arrived
// before is in them.
func (s *rush) counts(t *testing.T, hospital string) error {
	now, err := s.Now(t.Context())
	if err != nil {
		return err
	}
	o := bedsOf(hospital, rushBeds)
	o.ObservedAt = now
	outcomes, _, err := s.Push(t.Context(), "push:test", []model.Observation{o})
	return fault.All(append(outcomes, err)...)
}

// version is what a console has seen of a case a moment ago.
func (s *rush) version(t *testing.T, id string) uint64 {
	c, err := s.DB.Case(t.Context(), id)
	if err != nil || c == nil {
		t.Error(c, err)
		return 1
	}
	return c.Version
}

func (s *rush) asks(t *testing.T, r *rand.Rand, slot int, id string) error {
	c := model.AskCommand{Case: id}
	for _, i := range r.Perm(len(wards))[:1+r.IntN(len(wards))] {
		c.Hospitals = append(c.Hospitals, model.Ask{ID: newID(), Hospital: wards[i], Item: model.DefaultItem})
	}
	_, err := s.AskHospitals(as(t, s.crews[slot]), c)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, a := range c.Hospitals {
			s.asked = append(s.asked, rushed{a.ID, a.Hospital, id, slot})
		}
	}
	return err
}

// renews closes a case and opens the next.
func (s *rush) renews(t *testing.T, slot int, id string) error {
	if _, _, err := s.CloseCase(as(t, s.crews[slot]), id, 0, model.CaseCanceled); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return s.opens(t, slot)
}

func (s *rush) opens(t *testing.T, slot int) error {
	next, crew := newID(), s.crews[slot]
	_, err := s.OpenCase(as(t, crew), model.Case{ID: next, Unit: crew.Unit, Triage: chest}, inPain)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.cases[slot] = next
	}
	return err
}

func TestReservationsInAStorm(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s := &rush{wardDesk: newWardDesk(t, b), codes: map[fault.Code]int{}}
		s.WithTimes(rushTimes)
		for slot := range s.crews {
			s.crews[slot] = model.Principal{Subject: fmt.Sprint("crew ", slot), Role: model.RoleCrew, Unit: b.unit(t).ID}
			must(t, s.opens(t, slot))
		}
		for _, h := range wards {
			s.observes(t, h, rushBeds, 0)
		}
		var all sync.WaitGroup
		for i := range rushers {
			all.Go(func() {
				r := rand.New(rand.NewPCG(17, uint64(i)))
				for range rushSteps {
					s.step(t, r)
				}
			})
		}
		all.Wait()
		s.whole(t)
		history, yeses := judgeHistory(t, b.plain)
		for _, wrong := range history {
			t.Error(wrong)
		}
		if yeses < 10 {
			t.Errorf("only %d requests were approved: that is no storm", yeses)
		}
		slices.Sort(s.took)
		t.Logf("%d commands came to %v, %d said yes; p50 %s, p99 %s", len(s.took), s.codes, yeses, s.took[len(s.took)/2], s.took[len(s.took)*99/100])
	})
}

// judgeHistory goes through the events of all feeds and says when a hospital
// that nobody overrode held more than it had, or a case had two hospitals.
func judgeHistory(tb testing.TB, db *sql.DB) (wrong []string, yeses int) {
	tb.Helper()
	approved := map[string]map[string]bool{} // by case
	query(tb, db, "SELECT feed, seq, body FROM feed_event ORDER BY feed, seq", func(scan func(...any)) {
		var name, body string
		var seq int64
		scan(&name, &seq, &body)
		var entries []judgedEntry
		if err := json.Unmarshal([]byte(body), &entries); err != nil {
			tb.Fatal(err)
		}
		for _, e := range entries {
			switch {
			case strings.HasSuffix(e.Key, "/load") && !strings.HasPrefix(e.Key, other):
				var load map[string]struct{ Held int }
				if _ = json.Unmarshal(e.Value, &load); load[model.DefaultItem].Held > rushBeds {
					wrong = append(wrong, fmt.Sprintf("%s %d: %s is %s", name, seq, e.Key, e.Value))
				}
			case strings.HasPrefix(name, "unit:") && strings.HasPrefix(e.Key, "reservation/"):
				var v struct{ Case, State string }
				_ = json.Unmarshal(e.Value, &v)
				if approved[v.Case] == nil {
					approved[v.Case] = map[string]bool{}
				}
				if v.State == "approved" && !approved[v.Case][e.Key] {
					yeses++
				}
				approved[v.Case][e.Key] = v.State == "approved"
			}
		}
		for id, requests := range approved {
			n := 0
			for _, yes := range requests {
				if yes {
					n++
				}
			}
			if n > 1 {
				wrong = append(wrong, fmt.Sprintf("%s %d: %s has %d hospitals", name, seq, id, n))
			}
		}
	})
	return wrong, yeses
}

// The judge of history proves itself.
func TestTheJudgeOfHistoryFindsWhatIsPlanted(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		w.observes(t, near, rushBeds, 0)
		_, asked := w.taken(t, near, far)
		w.taken(t, near)
		w.taken(t, near)
		if wrong, yeses := judgeHistory(t, b.plain); len(wrong) != 0 || yeses != 3 {
			t.Fatalf("%d yeses, and nothing is planted yet: %v", yeses, wrong)
		}
		b.exec(t, "UPDATE feed_event SET body = REPLACE(body, '\"held\":3', '\"held\":4')")
		if wrong, _ := judgeHistory(t, b.plain); len(wrong) != 1 || !strings.Contains(wrong[0], near+"/load") {
			t.Errorf("a fourth patient in three beds: %v", wrong)
		}
		b.exec(t, "UPDATE feed_event SET body = REPLACE(body, '\"held\":4', '\"held\":3')")
		b.exec(t, "UPDATE feed_event SET body = REPLACE(body, '\"state\":\"canceled\"', '\"state\":\"approved\"') WHERE body LIKE ?", "%"+asked[far]+"%")
		if wrong, _ := judgeHistory(t, b.plain); len(wrong) == 0 || !strings.Contains(wrong[0], "2 hospitals") {
			t.Errorf("a case with two hospitals: %v", wrong)
		}
	})
}
