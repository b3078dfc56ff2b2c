package reserve

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"weer/api/client"
	"weer/deploy/lab"
	"weer/model"
)

// again is how soon a screen that lost everything has what stands.
const again = 5 * time.Second

// A screen is a display of one feed and somebody's calls, over nodes in an order.
type screen struct {
	*client.REST
	*client.Display
	down func() // its socket ends, and nobody opens another
}

func (s *site) screen(who model.Principal, name string, nodes ...*lab.Node) screen {
	s.tb.Helper()
	var urls []string
	for _, n := range nodes {
		urls = append(urls, n.URL())
	}
	token := s.person(who).token
	give := func(context.Context) (string, error) { return token, nil }
	c, err := client.New(client.Options{URLs: urls, Token: give})
	if err != nil {
		s.tb.Fatal(err)
	}
	r, err := client.NewREST(client.RESTOptions{URLs: urls, Token: give, HTTPClient: s.client})
	if err != nil {
		s.tb.Fatal(err)
	}
	d := c.Follow(name)
	ctx, cancel := context.WithCancel(s.tb.Context())
	var run sync.WaitGroup
	run.Go(func() { _ = c.Run(ctx) }) // until it is down
	down := sync.OnceFunc(func() { cancel(); run.Wait() })
	s.tb.Cleanup(down)
	return screen{r, d, down}
}

// shows waits until a screen holds a reservation as a check wants it, and is live.
func (s *site) shows(on screen, key string, within time.Duration, holds func(model.ReservationValue) bool) {
	s.tb.Helper()
	lab.Until(s.tb, key+" is on "+on.Feed(), within, func() error {
		link, why := on.Link()
		v, ok := client.Read[model.ReservationValue](on.Display, key)
		if !ok || !holds(v) || link != "live" {
			return fmt.Errorf("%s %s, it shows %+v", link, why, v)
		}
		return nil
	})
}

func in(state model.ReservationState) func(model.ReservationValue) bool {
	return func(v model.ReservationValue) bool { return v.State == state }
}

// An open request is a state and no event: a console that was reloaded, and one
// whose node was killed, have it again within seconds, and so has a crew that was
// away while a hospital took its yes back.
func TestWhatStandsIsThereAgain(t *testing.T) {
	s := build(t)
	ward := model.Principal{Subject: "nurse", Role: model.RoleHospital, Hospital: hospitals[0]}
	unit := model.Principal{Subject: "crew", Role: model.RoleCrew, Unit: s.units[0]}
	system := s.screen(model.Principal{Subject: "system", Role: model.RoleHospital, Hospital: hospitals[0]}, "hospital:"+hospitals[0], s.nodes[0])
	counted := map[string]any{"observations": []map[string]any{{
		"hospital_id": hospitals[0], "observed_at": time.Now().UTC().Format(time.RFC3339), "readings": map[string]any{item: map[string]any{"state": "known", "value": 3}},
	}}}
	if err := system.Do(t.Context(), client.Request{Method: "POST", Path: "/observations", Body: counted}, nil); err != nil {
		t.Fatal(err)
	}
	desk := s.screen(ward, "hospital:"+hospitals[0], s.nodes[0], s.nodes[1])
	crew := s.screen(unit, "unit:"+s.units[0], s.nodes[2])
	ktas := 2
	c, _, err := crew.OpenCase(t.Context(), client.Triage{KTAS: &ktas}, client.Clinical{})
	if err != nil {
		t.Fatal(err)
	}
	asked, _, err := crew.AskHospitals(t.Context(), c.ID, 0, client.Asked{Hospital: hospitals[0]})
	if err != nil {
		t.Fatal(err)
	}
	request, reservation := "request/"+asked[0].ID, "reservation/"+asked[0].ID
	s.shows(desk, request, again, in(model.Pending))

	s.nodes[0].Kill() // of the console
	s.shows(desk, request, again, in(model.Pending))
	desk.down()
	reloaded := s.screen(ward, "hospital:"+hospitals[0], s.nodes[1])
	s.shows(reloaded, request, again, in(model.Pending))
	s.nodes[0].Start()

	crew.down()
	if _, _, err := reloaded.Approve(t.Context(), asked[0].ID, client.Yes{CaseVersion: c.Version}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := reloaded.Withdraw(t.Context(), asked[0].ID, model.ReasonNoStaff); err != nil {
		t.Fatal(err)
	}
	back := s.screen(unit, "unit:"+s.units[0], s.nodes[1])
	s.shows(back, reservation, again, func(v model.ReservationValue) bool {
		return v.State == model.Canceled && v.End == model.EndWithdrawn && v.ConfirmedAt == 0
	})
	if _, _, err := back.Confirm(t.Context(), asked[0].ID, model.Canceled); err != nil {
		t.Fatal(err)
	}
	s.shows(back, reservation, again, func(v model.ReservationValue) bool { return v.ConfirmedAt != 0 })
}
