package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/api/client"
	people "weer/cmd/weer/crews"
	"weer/model"
)

// controlRoom follows a region's control feed, as an independent witness of what
// crews and consoles do.
type controlRoom struct {
	t     *testing.T
	rest  *client.REST
	board *client.Display
}

func (r *running) controlRoom() *controlRoom {
	r.t.Helper()
	token := client.DemoTokenFor(client.Demo{Role: model.RoleControl, Regions: []string{"11"}}, r.baseURL())
	c, err := client.New(client.Options{URLs: []string{r.baseURL()}, Token: token})
	if err != nil {
		r.t.Fatal(err)
	}
	rest, err := client.NewREST(client.RESTOptions{URLs: []string{r.baseURL()}, Token: token})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(r.t.Context())
	var hands sync.WaitGroup
	hands.Go(func() { _ = c.Run(ctx) })
	r.t.Cleanup(func() { stop(); hands.Wait() })
	return &controlRoom{r.t, rest, c.Follow("control:11")}
}

// happens waits longer than for what happens at once: people take their time, and
// the first poll of a whole country has the database to itself.
func (r *running) happens(ask func() error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 4*patience)
	defer cancel()
	if err := until(ctx, ask); err != nil {
		r.t.Fatal(err)
	}
}

// missing is what has not happened yet of what has to.
func (c *controlRoom) missing() error {
	wanted := map[string]func(model.ReservationValue) bool{
		"an arrival":      func(r model.ReservationValue) bool { return r.State == model.Arrived },
		"a rejection":     func(r model.ReservationValue) bool { return r.State == model.Rejected && r.Reason != "" },
		"a supersede":     func(r model.ReservationValue) bool { return r.End == model.EndSuperseded },
		"a confirmed yes": func(r model.ReservationValue) bool { return r.AnsweredAt != 0 && r.ConfirmedAt != 0 },
		"a whole ladder":  func(r model.ReservationValue) bool { return r.SoundedAt != 0 && r.OpenedAt != 0 },
	}
	for _, r := range client.Held[model.ReservationValue](c.board, "reservation/") {
		for what, is := range wanted {
			if is(r) {
				delete(wanted, what)
			}
		}
	}
	for what := range wanted {
		return fmt.Errorf("there was never %s", what)
	}
	return nil
}

// open are the cases that go on, by the database.
func (c *controlRoom) open() []client.Case {
	c.t.Helper()
	list, err := c.rest.Cases(c.t.Context(), true)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// calm is a country that moves little: nobody looks at it here.
var calm = []string{"--sim-speed", "1", "--egen-interval", "20s", "--egen-acceptance-interval", "1m", "--egen-messages-interval", "1m"}

// TestCrewsAndConsolesLive: patients are asked for, refused, taken and brought;
// a server that restarts in the middle changes nothing of that; and in the end
// nobody is left on the way.
func TestCrewsAndConsolesLive(t *testing.T) {
	t.Parallel() // it waits for most of its time
	args := append([]string{"--database-url", "sqlite:" + filepath.Join(t.TempDir(), "weer.db"), "--addr", freeAddr(t)}, calm...)
	r := begin(t, args...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	var told strings.Builder
	go func() {
		ended <- people.Run(ctx, people.Options{
			URLs: []string{r.baseURL()}, Crews: 4, Regions: []string{"11"}, Consoles: -1, Every: time.Minute, Seed: 1, Speed: 60,
			Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})), Out: &told,
		})
	}()
	room := r.controlRoom()
	r.happens(room.missing)
	r.end()
	r = begin(t, args...)
	before := len(room.board.Board())
	r.happens(func() error {
		if len(room.board.Board()) <= before {
			return fmt.Errorf("nothing happens after the restart")
		}
		return nil
	})
	stop()
	if err := <-ended; err != nil {
		t.Errorf("they ended with %v", err)
	}
	if open := room.open(); len(open) > 0 {
		t.Errorf("%d cases go on: %+v", len(open), open)
	}
	if text := told.String(); !strings.Contains(text, "arrive ") || strings.Contains(text, "refused: invalid") || strings.Contains(text, "refused: forbidden") {
		t.Errorf("they tell %s", text)
	}
	r.end()
}

// TestANodeWithCrews: `make run` has them inside, and they go off duty before the
// node stops.
func TestANodeWithCrews(t *testing.T) {
	t.Parallel() // it waits for most of its time
	db := "sqlite:" + filepath.Join(t.TempDir(), "weer.db")
	r := start(t, outlet{io.Discard, io.Discard}, slog.NewTextHandler(t.Output(), nil), append(calm, "--database-url", db, "--sim-crews", "2"))
	room := r.controlRoom()
	r.happens(func() error {
		if len(room.open()) == 0 {
			return fmt.Errorf("no crew has a patient")
		}
		return nil
	})
	r.end()
	r = begin(t, "--database-url", db)
	room = r.controlRoom()
	if open := room.open(); len(open) > 0 {
		t.Errorf("%d cases go on", len(open))
	}
	r.crewsOfTheCommand(room)
	r.end()
}

// crewsOfTheCommand: whoever stops `weer sim crews --leave` leaves its cases, and
// the same crews find them there.
func (r *running) crewsOfTheCommand(room *controlRoom) {
	r.t.Helper()
	shift := func(until func() bool, flags ...string) (told string) {
		ctx, stop := context.WithCancel(r.t.Context())
		defer stop()
		var out, errs growing
		code := make(chan int, 1)
		args := append([]string{"sim", "crews", "--url", r.baseURL(), "--crews", "1", "--consoles", "0", "--every", "1s", "--speed", "1"}, flags...)
		go func() { code <- run(ctx, args, outlet{&out, &errs}) }()
		r.happens(func() error {
			if !until() {
				return fmt.Errorf("%v: nothing happens: %s", flags, errs.String())
			}
			return nil
		})
		stop()
		if got := <-code; got != 0 {
			r.t.Errorf("%v: exit %d: %s", flags, got, errs.String())
		}
		return out.String()
	}
	told := shift(func() bool { return len(room.open()) == 1 }, "--leave")
	left := room.open()
	if len(left) != 1 || !strings.Contains(told, "openCase 1") {
		r.t.Errorf("%d cases were left, and it tells %q", len(left), told)
	}
	goesOn := func() bool { // somebody is asked, or decided, or the patient stays
		list, err := room.rest.Reservations(r.t.Context(), left[0].ID, false)
		open := room.open()
		return err == nil && (len(list) > 0 || len(open) == 0 || open[0].ID != left[0].ID)
	}
	if told := shift(goesOn, "--speed", "30"); !strings.Contains(told, "closeCase") || len(room.open()) != 0 {
		r.t.Errorf("%d cases were left, and it tells %q", len(room.open()), told)
	}
	code, out, text := call(r.t, "sim", "crews", "--url", r.baseURL(), "--region", "99")
	if code != 1 || out != "" || strings.Count(text, "\n") != 1 || !strings.Contains(text, "region") {
		r.t.Errorf("no such region: exit %d, %q, %q", code, out, text)
	}
}
