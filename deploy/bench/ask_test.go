package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/api/client"
	"weer/deploy/drill"
	"weer/deploy/lab"
	"weer/model"
)

const (
	askEvery = 100 * time.Millisecond // ten asks a second
	askUnits = 10                     // whose crews ask in turn
	ward     = "A1100001"             // whom they ask
)

// BenchmarkAskToConsole measures from the moment when a crew's program asks to
// the request on the hospital's console, and from the moment when the console
// says yes to the yes on the crew's display: over two nodes on MariaDB, the crew
// on one and the hospital on the other, beside a thousand displays. An operation
// is one case that is asked for, taken and closed, ten of them a second. Without
// Redis the other node finds what happened by asking the database.
func BenchmarkAskToConsole(b *testing.B) {
	b.Run("Redis", func(b *testing.B) { askToConsole(b, true) })
	b.Run("RedisStopped", func(b *testing.B) { askToConsole(b, false) })
}

func askToConsole(b *testing.B, there bool) {
	database, redis, source := lab.MariaDB(b), lab.Redis(b), startSource(b, "")
	env := append(lab.Settings(b, database, source.URL, time.Hour), "WEER_REDIS_URL="+redis.URL)
	near, far := lab.Serve(b, "near", env), lab.Serve(b, "far", env)
	known(b, drill.Open(b, database), 1)
	all := asHospitalsAre(source.nation, displays)
	follow(b, near, all[:displays/2])
	follow(b, far, all[displays/2:])
	d := openWard(b, near, far)
	if !there {
		redis.Kill()
		d.deaf(b, near, far)
	}
	d.take(b, 20) // until everything is warm
	d.asked, d.told = nil, nil
	d.take(b, max(b.N, 1))
	for name, took := range map[string][]time.Duration{"ask": d.asked, "yes": d.told} {
		slices.Sort(took)
		for _, share := range []struct {
			of   float64
			name string
		}{{.5, "p50"}, {.99, "p99"}, {1, "max"}} {
			b.ReportMetric(float64(took[int(share.of*float64(len(took)-1))].Microseconds())/1000, name+"-"+share.name+"-ms")
		}
	}
	b.ReportMetric(0, "ns/op") // the time between two asks
}

// A bedside is crews on one node, and the console of a hospital on the other.
type bedside struct {
	crews   []*client.REST
	units   []*watched
	console *client.REST
	desk    *watched

	mu          sync.Mutex
	asked, told []time.Duration
}

func openWard(b *testing.B, near, far *lab.Node) *bedside {
	b.Helper()
	control := program(b, near, client.Demo{Role: model.RoleControl, Regions: []string{"11"}})
	d := &bedside{}
	d.console, d.desk = screen(b, far, "hospital:"+ward, client.Demo{Role: model.RoleHospital, Hospital: ward})
	for i := range askUnits {
		u, err := control.CreateUnit(b.Context(), client.Unit{CallSign: fmt.Sprintf("강남 %d", i+1), Region: "11", Kind: model.Unit119})
		if err != nil {
			b.Fatal(err)
		}
		crew, display := screen(b, near, "unit:"+u.ID, client.Demo{Role: model.RoleCrew, Unit: u.ID})
		d.crews, d.units = append(d.crews, crew), append(d.units, display)
	}
	return d
}

// program calls a node as somebody.
func program(b *testing.B, n *lab.Node, who client.Demo) *client.REST {
	b.Helper()
	r, err := client.NewREST(client.RESTOptions{URLs: []string{n.URL()}, Token: client.DemoTokenFor(who, n.URL())})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// screen calls a node as somebody, and follows a feed there; it is live when it
// is returned, and ends with the benchmark.
func screen(b *testing.B, n *lab.Node, name string, who client.Demo) (*client.REST, *watched) {
	b.Helper()
	c, err := client.New(client.Options{URLs: []string{n.URL()}, Token: client.DemoTokenFor(who, n.URL())})
	if err != nil {
		b.Fatal(err)
	}
	d := &watched{Display: c.Follow(name), at: map[string]time.Time{}, news: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	both.Go(func() { _ = c.Run(ctx) }) // until the benchmark ends
	both.Go(func() { d.watch(ctx) })
	b.Cleanup(func() { cancel(); both.Wait() })
	lab.Until(b, name+" is live", time.Minute, func() error { return live(d) })
	return program(b, n, who), d
}

func live(d *watched) error {
	if link, why := d.Link(); link != "live" {
		return fmt.Errorf("%s is %s %s", d.Feed(), link, why)
	}
	return nil
}

// deaf waits until the nodes say that they hear nothing of each other, and that
// every display goes on.
func (d *bedside) deaf(b *testing.B, nodes ...*lab.Node) {
	b.Helper()
	for _, n := range nodes {
		lab.Until(b, "the node says that it hears no other", time.Minute, func() error {
			text, err := lab.Get(b.Context(), n.URL()+"/readyz")
			if err == nil && !strings.Contains(string(text), "no hints between nodes") {
				err = fmt.Errorf("it says %s", text)
			}
			return cmp.Or(err, live(d.desk))
		})
	}
}

// take lets cases be asked for and taken, one after the other's start.
func (d *bedside) take(b *testing.B, cases int) {
	b.Helper()
	pace := time.NewTicker(askEvery)
	defer pace.Stop()
	var all sync.WaitGroup
	for i := range cases {
		all.Go(func() {
			if err := d.one(b.Context(), i%askUnits); err != nil {
				b.Error(err)
			}
		})
		<-pace.C
	}
	all.Wait()
}

// one is a case from its opening to its end.
func (d *bedside) one(ctx context.Context, crew int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ktas := 2
	c, _, err := d.crews[crew].OpenCase(ctx, client.Triage{KTAS: &ktas}, client.Clinical{})
	if err != nil {
		return err
	}
	var ids []client.Reservation
	asked, err := d.seen(ctx, d.desk, func() (string, error) {
		ids, _, err = d.crews[crew].AskHospitals(ctx, c.ID, 0, client.Asked{Hospital: ward})
		if err != nil {
			return "", err
		}
		return "request/" + ids[0].ID, nil
	}, model.Pending)
	if err != nil {
		return err
	}
	told, err := d.seen(ctx, d.units[crew], func() (string, error) {
		_, _, err := d.console.Approve(ctx, ids[0].ID, client.Yes{CaseVersion: ids[0].AskedVersion, Override: "측정"})
		return "reservation/" + ids[0].ID, err
	}, model.Approved)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.asked, d.told = append(d.asked, asked), append(d.told, told)
	d.mu.Unlock()
	c.Version += 1 // the yes
	_, _, err = d.crews[crew].CloseCase(ctx, c, model.CaseCanceled)
	return err
}

// seen is how long after a command began its outcome stood on a screen.
func (d *bedside) seen(ctx context.Context, on *watched, command func() (key string, err error), state model.ReservationState) (time.Duration, error) {
	began := time.Now()
	key, err := command()
	if err != nil {
		return 0, err
	}
	at, err := on.wait(ctx, key, state)
	return at.Sub(began), err
}

// A watched is a display of which somebody notes when which reservation came to
// which state.
type watched struct {
	*client.Display
	mu   sync.Mutex
	at   map[string]time.Time
	news chan struct{} // closed with each note
}

func (w *watched) watch(ctx context.Context) {
	for change := range w.Changes(ctx) {
		now := time.Now()
		w.mu.Lock()
		for _, key := range change.Keys {
			v, ok := client.Read[model.ReservationValue](w.Display, key)
			if note := key + " " + string(v.State); ok && w.at[note].IsZero() {
				w.at[note] = now
			}
		}
		close(w.news)
		w.news = make(chan struct{})
		w.mu.Unlock()
	}
}

func (w *watched) wait(ctx context.Context, key string, state model.ReservationState) (time.Time, error) {
	for {
		w.mu.Lock()
		at, news := w.at[key+" "+string(state)], w.news
		w.mu.Unlock()
		if !at.IsZero() {
			return at, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return at, fmt.Errorf("%s was never %s on %s", key, state, w.Feed())
		}
	}
}
