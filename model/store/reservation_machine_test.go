package store

import (
	"context"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// The state machine of reservations: the same commands on both databases come to
// the same answers, the same rows and the same feeds, number by number, and
// leave both judges content.

// A dispatch is the same service on both databases.
type dispatch struct {
	desks map[string]*wardDesk
	ids   int
	open  model.Case          // the case at hand, as it is now
	asked []model.Reservation // those of all cases, as they are now
}

var wards = []string{near, far, other}

// id makes the next id of a sequence.
func (d *dispatch) id() string {
	d.ids++
	return uuid.UUID{6: 0x70, 8: 0x80, 14: byte(d.ids >> 8), 15: byte(d.ids)}.String()
}

// begin empties both databases and puts a unit and beds into them.
func (d *dispatch) begin(t *testing.T, rt *rapid.T) {
	unit := d.id()
	for _, w := range d.desks {
		w.clear(t)
		for _, table := range append([]string{"reservation", "patient_condition", "case_key", "unit", "audit", "audit_open", "command"}, hospitalTables...) {
			w.exec(t, "DELETE FROM "+table)
		}
		w.unit = model.Unit{ID: unit, CallSign: "강남 201", Region: "11", Kind: model.Unit119}
		w.crew.Unit = unit
		_, err := w.CreateUnit(as(t, controlOf11), w.unit)
		must(t, err)
	}
	d.both(rt, "beds", func(w *wardDesk) (any, error) {
		outcomes, _, err := w.Push(t.Context(), "push:test", []model.Observation{bedsOf(near, 1), bedsOf(far, 2), bedsOf(other, 0)})
		return nil, fault.All(append(outcomes, err)...)
	}, t)
}

// bedsOf is an observation that every clock has behind it.
func bedsOf(id string, free int) model.Observation {
	return model.Observation{HospitalID: id, ObservedAt: 1, Readings: model.Readings{model.DefaultItem: {State: model.Known, Value: free}}}
}

var (
	moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
)

// plain is a text without the moments in it: two databases have two clocks.
func plain(text string) string { return moments.ReplaceAllString(text, "then") }

// both carries a step out on both databases and compares what it comes to.
func (d *dispatch) both(rt *rapid.T, name string, step func(w *wardDesk) (any, error), t *testing.T) {
	said := map[string]string{}
	for database, w := range d.desks {
		result, err := step(w)
		if err == nil {
			said[database] = plain(fmt.Sprint(result))
			continue
		}
		f := fault.Public(err)
		said[database] = plain(fmt.Sprintf("%s %s %v %s", f.Code, f.Field, f.Fields, f.Message))
		if f.Code == fault.Internal || f.Code == fault.Unavailable {
			rt.Fatalf("%s on %s: %v", name, database, err)
		}
	}
	if said["sqlite"] != said["mariadb"] {
		rt.Fatalf("%s\nsqlite  %s\nmariadb %s", name, said["sqlite"], said["mariadb"])
	}
	if a, b := d.desks["sqlite"].told(t), d.desks["mariadb"].told(t); a != b {
		rt.Fatalf("after %s\nsqlite:\n%s\nmariadb:\n%s", name, a, b)
	}
	for database, w := range d.desks {
		if wrong := judgeHolds(t, w.plain); wrong != nil {
			rt.Fatalf("%s on %s: %v", name, database, wrong)
		}
	}
}

// told is all that rows and feeds say, moments aside.
func (w *wardDesk) told(t *testing.T) string {
	var all strings.Builder
	for _, q := range []string{
		"SELECT feed, `key`, seq, gone, value FROM feed_key ORDER BY feed, `key`",
		"SELECT hospital_id, reservation_id, item, kind, '' FROM bed_hold ORDER BY hospital_id, reservation_id",
		"SELECT id, state, version, winner, changed FROM patient_condition ORDER BY id",
		"SELECT operation, detail, reason, COUNT(*), '' FROM audit GROUP BY operation, detail, reason ORDER BY operation, detail, reason",
	} {
		query(t, w.plain, q, func(scan func(...any)) {
			var row [5]string
			scan(&row[0], &row[1], &row[2], &row[3], &row[4])
			fmt.Fprintln(&all, strings.Join(row[:], " "))
		})
	}
	list, err := w.DB.Reservations(t.Context(), model.ReservationQuery{Most: 1000})
	must(t, err)
	for _, r := range list {
		for _, at := range []*feed.Time{&r.AskedAt, &r.ArriveAt, &r.AnswerBy, &r.NoAnswerAt, &r.AnsweredAt, &r.ArriveBy, &r.OverdueAt, &r.ArrivedAt, &r.HandedOverAt, &r.ConfirmedAt, &r.EndedAt, &r.DueAt} {
			*at = min(*at, 1)
		}
		fmt.Fprintf(&all, "%+v\n", r)
	}
	return plain(all.String())
}

// A dispatched step is drawn once and done twice.
type dispatched struct {
	name string
	do   func(w *wardDesk) (any, error)
}

// look reads where things stand, on one of the two.
func (d *dispatch) look(t *testing.T) {
	w := d.desks["sqlite"]
	var err error
	d.asked, err = w.DB.Reservations(t.Context(), model.ReservationQuery{Most: 1000})
	must(t, err)
	cases, err := w.DB.Cases(t.Context(), model.CaseQuery{Open: true, Most: 1})
	must(t, err)
	if d.open = (model.Case{}); len(cases) > 0 {
		d.open = cases[0]
	}
}

// likely are the steps that may succeed now; any other is drawn now and then.
func (d *dispatch) likely() []string {
	going := func(s model.ReservationState) bool {
		return slices.ContainsFunc(d.asked, func(r model.Reservation) bool { return r.State == s })
	}
	switch {
	case d.open.ID == "":
		return []string{"open"}
	case going(model.Approved):
		return []string{"withdraw", "confirm", "acknowledge", "extend", "arrive", "cancel", "change", "time", "time", "release", "release", "beds"}
	case going(model.Pending):
		return []string{"approve", "approve", "approve", "approve", "reject", "cancel", "change", "designate", "time", "ask"}
	}
	return []string{"ask", "ask", "ask", "designate", "correct", "tidy"}
}

var everyStep = []string{
	"open", "ask", "change", "close", "designate", "time", "beds", "approve", "reject", "cancel", "withdraw",
	"acknowledge", "extend", "confirm", "arrive", "hand over", "release", "correct", "tidy",
}

// draw draws a step.
func (d *dispatch) draw(t *testing.T, rt *rapid.T) dispatched {
	kinds := d.likely()
	if rapid.IntRange(0, 4).Draw(rt, "any") == 0 {
		kinds = everyStep
	}
	switch kind := rapid.SampledFrom(kinds).Draw(rt, "step"); {
	case kind == "open" || d.open.ID == "":
		return d.opens(t)
	case kind == "time" || kind == "beds" || kind == "correct" || kind == "tidy":
		return d.around(t, rt, kind)
	case kind == "ask" || kind == "change" || kind == "close" || kind == "designate" || len(d.asked) == 0:
		return d.onCase(t, rt, kind)
	default:
		return d.answers(t, rt, kind)
	}
}

// version is what somebody has seen of the case, nearly always the newest.
func (d *dispatch) version(rt *rapid.T) uint64 {
	return d.open.Version - min(d.open.Version-1, uint64(rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2}).Draw(rt, "behind")))
}

func excuse(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"", "복도 병상"}).Draw(rt, "override")
}

// onCase are the steps on the case at hand.
func (d *dispatch) onCase(t *testing.T, rt *rapid.T, kind string) dispatched {
	id := d.open.ID
	switch kind {
	case "designate":
		c := model.DesignateCommand{Case: id, Seen: d.version(rt), Override: excuse(rt), Hospital: model.Ask{ID: d.id(), Hospital: rapid.SampledFrom(wards).Draw(rt, "hospital")}}
		return dispatched{kind, func(w *wardDesk) (any, error) {
			r, err := w.Designate(as(t, controlOf11), c)
			return string(r.Result), err
		}}
	case "change":
		ktas := rapid.IntRange(1, 3).Draw(rt, "ktas")
		return dispatched{kind, func(w *wardDesk) (any, error) {
			after, _, err := w.ChangeCase(as(t, w.crew), id, 0, model.CaseChange{Triage: func(t *model.Triage) { t.KTAS = ktas }})
			return after.Version, err
		}}
	case "close":
		how := rapid.SampledFrom([]model.CaseState{model.CaseArrived, model.CaseCanceled}).Draw(rt, "how")
		return dispatched{kind, func(w *wardDesk) (any, error) {
			after, _, err := w.CloseCase(as(t, w.crew), id, 0, how)
			return after.Version, err
		}}
	default:
		return d.asks(t, rt, id)
	}
}

func (d *dispatch) opens(t *testing.T) dispatched {
	id := d.id()
	return dispatched{"open", func(w *wardDesk) (any, error) {
		r, err := w.OpenCase(as(t, w.crew), model.Case{ID: id, Unit: w.unit.ID, Triage: chest}, inPain)
		return string(r.Result), err
	}}
}

func (d *dispatch) asks(t *testing.T, rt *rapid.T, id string) dispatched {
	c := model.AskCommand{Case: id}
	for _, h := range rapid.SliceOfNDistinct(rapid.SampledFrom(wards), 1, 3, rapid.ID).Draw(rt, "hospitals") {
		item := rapid.SampledFrom([]string{model.DefaultItem, model.DefaultItem, "icu.general"}).Draw(rt, "item")
		c.Hospitals = append(c.Hospitals, model.Ask{ID: d.id(), Hospital: h, Item: item})
	}
	return dispatched{"ask", func(w *wardDesk) (any, error) {
		r, err := w.AskHospitals(as(t, w.crew), c)
		return string(r.Result), err
	}}
}

// some draws a reservation, rather one that goes on.
func (d *dispatch) some(rt *rapid.T) model.Reservation {
	among := slices.DeleteFunc(slices.Clone(d.asked), func(r model.Reservation) bool { return !r.State.Goes() })
	if len(among) == 0 || rapid.IntRange(0, 4).Draw(rt, "any") == 0 {
		among = d.asked
	}
	return rapid.SampledFrom(among).Draw(rt, "reservation")
}

// answers are the steps on one reservation.
func (d *dispatch) answers(t *testing.T, rt *rapid.T, kind string) dispatched {
	r := d.some(rt)
	id, nurse := r.ID, staff(r.Hospital)
	reason := rapid.SampledFrom([]model.AnnouncementReason{model.ReasonNoStaff, ""}).Draw(rt, "reason")
	yes := model.ApproveCommand{ID: id, Seen: d.version(rt), Override: excuse(rt), Item: rapid.SampledFrom([]string{"", "", "icu.general"}).Draw(rt, "item")}
	seen := rapid.SampledFrom(append(slices.Repeat([]model.ReservationState{r.State}, 6), model.ReservationStates...)).Draw(rt, "state")
	announcement := ""
	if rapid.Bool().Draw(rt, "announces") {
		announcement = d.id()
	}
	do := map[string]func(w *wardDesk) (model.Receipt, error){
		"approve": func(w *wardDesk) (model.Receipt, error) { return w.ApproveRequest(as(t, nurse), yes) },
		"reject": func(w *wardDesk) (model.Receipt, error) {
			c := model.RejectCommand{ID: id, Reason: model.ReasonNoStaff}
			if announcement != "" {
				now, err := w.Now(t.Context())
				must(t, err)
				c.Announce = &model.AnnounceCommand{ID: announcement, Kind: model.AnnouncementER, EndsAt: now + 30*minute}
			}
			return w.RejectRequest(as(t, nurse), c)
		},
		"cancel":      func(w *wardDesk) (model.Receipt, error) { return w.CancelReservation(as(t, w.crew), id) },
		"withdraw":    func(w *wardDesk) (model.Receipt, error) { return w.WithdrawApproval(as(t, nurse), id, reason) },
		"acknowledge": func(w *wardDesk) (model.Receipt, error) { return w.AcknowledgeCase(as(t, nurse), id, yes.Seen) },
		"extend": func(w *wardDesk) (model.Receipt, error) {
			now, err := w.Now(t.Context())
			must(t, err)
			return w.ExtendArrival(as(t, w.crew), id, now+20*minute)
		},
		"confirm":   func(w *wardDesk) (model.Receipt, error) { return w.ConfirmOutcome(as(t, w.crew), id, seen) },
		"arrive":    func(w *wardDesk) (model.Receipt, error) { return w.ReportArrival(as(t, w.crew), id) },
		"hand over": func(w *wardDesk) (model.Receipt, error) { return w.HandOver(as(t, nurse), id) },
		"release":   func(w *wardDesk) (model.Receipt, error) { return w.ReleaseOverdue(as(t, controlOf11), id) },
	}[kind]
	return dispatched{kind, func(w *wardDesk) (any, error) {
		r, err := do(w)
		return string(r.Result), err
	}}
}

// around is what happens beside the commands on cases.
func (d *dispatch) around(t *testing.T, rt *rapid.T, kind string) dispatched {
	hospital := rapid.SampledFrom(wards).Draw(rt, "hospital")
	switch kind {
	case "time":
		ms := rapid.SampledFrom([]int64{11_000, 31_000, 95_000, 31 * minute, 61 * minute, 13 * 60 * minute}).Draw(rt, "ms")
		return dispatched{kind, func(w *wardDesk) (any, error) {
			w.pass(t, ms)
			return w.EndOverdue(context.Background())
		}}
	case "beds":
		free := rapid.IntRange(-1, 3).Draw(rt, "free")
		return dispatched{kind, func(w *wardDesk) (any, error) {
			now, err := w.Now(t.Context())
			must(t, err)
			o := bedsOf(hospital, free)
			o.ObservedAt = now
			outcomes, _, err := w.Push(t.Context(), "push:test", []model.Observation{o})
			return nil, fault.All(append(outcomes, err)...)
		}}
	case "correct":
		take := rapid.Bool().Draw(rt, "takes back")
		return dispatched{kind, func(w *wardDesk) (any, error) {
			if take {
				_, err := w.Uncorrect(as(t, staff(hospital)), hospital, model.DefaultItem)
				return nil, err
			}
			_, err := w.Correct(as(t, staff(hospital)), model.CorrectCommand{HospitalID: hospital, Item: model.DefaultItem, Value: model.Reading{State: model.Known, Value: 2}})
			return nil, err
		}}
	default:
		return dispatched{kind, func(w *wardDesk) (any, error) {
			hidden, destroyed, err := w.TidyCases(t.Context(), model.CaseKeepMS)
			return [2]int{hidden, destroyed}, err
		}}
	}
}

func TestBothDatabasesKeepTheSameReservations(t *testing.T) {
	d := &dispatch{desks: map[string]*wardDesk{}}
	for name, newURL := range databases {
		d.desks[name] = &wardDesk{newCaseDesk(t, newBench(t, newURL(t)))}
	}
	fewer(t, 8)
	rapid.Check(t, func(rt *rapid.T) {
		d.ids = 0
		d.begin(t, rt)
		for range 24 {
			d.look(t)
			step := d.draw(t, rt)
			d.both(rt, step.name, step.do, t)
		}
		for _, w := range d.desks {
			w.sound(t)
		}
	})
}

// fewer bounds the checks of a property whose every check takes both databases
// long; who asks for another number gets that.
func fewer(t *testing.T, checks int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if asked := f.Value.String(); asked == f.DefValue {
		must(t, f.Value.Set(fmt.Sprint(checks)))
		t.Cleanup(func() { must(t, f.Value.Set(asked)) })
	}
}
