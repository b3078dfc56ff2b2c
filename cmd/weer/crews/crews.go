package crews

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Options of a simulation.
type Options struct {
	URLs []string // of the servers, the preferred one first
	// Token gives the tokens of somebody; nil asks the servers for demo tokens.
	Token func(client.Demo) func(context.Context) (string, error)

	Crews    int
	Regions  []string // 시도 codes; crews are spread over them
	Consoles int      // of each region, those in its middle first; below 0: of every hospital
	Spare    []string // hpids of hospitals without a simulated console: a person answers there, or nobody; many patients lie near them
	Every    time.Duration
	Seed     uint64
	Speed    float64
	Leave    bool // cases go on when the simulation ends

	Log *slog.Logger
	Out io.Writer // hears at the end what was done; nil: nobody
}

// Check refuses what cannot be simulated. Invalid names each field.
func (o Options) Check() error {
	var errs []error
	for _, of := range []struct {
		wrong       bool
		field, want string
	}{
		{o.Crews < 0 || o.Crews > 5000, "crews", "takes 0 to 5000"},
		{o.Every < time.Second || o.Every > 24*time.Hour, "every", "takes 1s to 24h"},
		{!(o.Speed > 0 && o.Speed <= 3600), "speed", "takes more than 0, up to 3600"},
		{len(o.Regions) == 0 || !allRegions(o.Regions), "region", "takes 시도 codes, as in 11"},
	} {
		if of.wrong {
			errs = append(errs, fault.Bad(of.field, "%s", of.want))
		}
	}
	return fault.All(errs...)
}

func allRegions(codes []string) bool {
	return !slices.ContainsFunc(codes, func(code string) bool { return !model.ValidRegion(code) })
}

// A cast is a simulation that runs.
type cast struct {
	Options
	world
	http    *http.Client
	tally   *tally
	grounds map[string]*ground // by region
	begun   time.Time
}

// Run simulates until ctx ends, and returns nil then; or until a server says that
// trying again would end the same.
func Run(ctx context.Context, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	if o.Token == nil {
		o.Token = func(who client.Demo) func(context.Context) (string, error) {
			return client.DemoTokenFor(who, o.URLs...)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // all of them ask the same few servers
	defer transport.CloseIdleConnections()
	c := &cast{
		Options: o, world: world{o.Seed, o.Speed, o.Every, o.Spare}, http: &http.Client{Transport: transport},
		tally: newTally(), grounds: map[string]*ground{},
	}
	err := c.run(ctx)
	if o.Out != nil {
		fmt.Fprintln(o.Out, c.tally)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// run lets everybody look at the board first.
func (c *cast) run(ctx context.Context) error {
	hands, ctx := errgroup.WithContext(ctx)
	viewer, err := c.socket(client.Demo{})
	if err != nil {
		return err
	}
	for _, code := range c.Regions {
		c.grounds[code] = &ground{client: viewer, board: viewer.Follow(feed.RegionFeed(code))}
	}
	hands.Go(func() error { return viewer.Run(ctx) })
	hands.Go(func() error {
		people, err := c.everybody(ctx)
		for _, play := range people {
			hands.Go(func() error { return play(ctx) })
		}
		return err
	})
	return hands.Wait()
}

func (c *cast) socket(who client.Demo) (*client.Client, error) {
	return client.New(client.Options{URLs: c.URLs, Token: c.Token(who), HTTPClient: c.http, Log: slog.New(slog.DiscardHandler)})
}

// everybody is who plays: as soon as the boards of all regions are there.
func (c *cast) everybody(ctx context.Context) (people []func(context.Context) error, err error) {
	for i, code := range c.Regions {
		cards, err := c.grounds[code].wait(ctx)
		if err != nil {
			return nil, err
		}
		c.begun = c.grounds[code].board.ServerTime()
		crews := c.Crews / len(c.Regions)
		if i < c.Crews%len(c.Regions) {
			crews++
		}
		of, err := c.region(ctx, code, cards, crews)
		if err != nil {
			return nil, err
		}
		people = append(people, of...)
	}
	c.Log.Info("crews and consoles are there", "people", len(people), "speed", c.Speed)
	return people, nil
}

// wait returns the hospitals once the list of them has come: beds are told before
// anybody says where.
func (g *ground) wait(ctx context.Context) ([]model.Card, error) {
	for range g.board.Changes(ctx) {
		if err := g.board.Err(); err != nil {
			return nil, err
		}
		if cards, _ := g.look(); slices.ContainsFunc(cards, func(card model.Card) bool { return card.Place != nil }) {
			return cards, nil
		}
	}
	return nil, ctx.Err()
}

// region is who plays in one: its control room, its crews and its consoles.
func (c *cast) region(ctx context.Context, code string, cards []model.Card, crews int) (people []func(context.Context) error, err error) {
	room, err := c.person(client.Demo{Role: model.RoleControl, Regions: []string{code}}, "control:"+code, code)
	if err != nil {
		return nil, err
	}
	of, err := units(ctx, room.rest, code, callSigns(cards, crews))
	if err != nil {
		return nil, err
	}
	ours := control{c.world, map[string]bool{}}
	for _, u := range of {
		ours.units[u.ID] = true
		play, err := c.crew(u, code)
		if err != nil {
			return nil, err
		}
		people = append(people, play)
	}
	room.name, room.next = "상황실 "+code, ours.next
	people = append(people, room.live)
	for _, card := range c.consoles(cards) {
		play, err := c.console(card, code)
		if err != nil {
			return nil, err
		}
		people = append(people, play)
	}
	return people, nil
}

// person is somebody with a socket and a REST, who follows one feed.
func (c *cast) person(who client.Demo, feedName, region string) (*person, error) {
	socket, err := c.socket(who)
	if err != nil {
		return nil, err
	}
	rest, err := client.NewREST(client.RESTOptions{URLs: c.URLs, Token: c.Token(who), HTTPClient: c.http})
	return &person{
		world: c.world, client: socket, rest: rest, board: socket.Follow(feedName), ground: c.grounds[region], log: c.Log, tally: c.tally,
	}, err
}

func (c *cast) crew(u client.Unit, region string) (func(context.Context) error, error) {
	p, err := c.person(client.Demo{Role: model.RoleCrew, Unit: u.ID}, "unit:"+u.ID, region)
	if err != nil {
		return nil, err
	}
	p.name, p.online, p.offline = u.CallSign, c.real(online), c.real(offline)
	p.next = crew{c.world, u.ID, c.begun}.next
	return func(ctx context.Context) error {
		err := p.live(ctx)
		if !c.Leave {
			p.leave(ctx)
		}
		return err
	}, nil
}

func (c *cast) console(card model.Card, region string) (func(context.Context) error, error) {
	p, err := c.person(client.Demo{Role: model.RoleHospital, Hospital: card.ID}, "hospital:"+card.ID, region)
	if err != nil {
		return nil, err
	}
	desk := console{c.world, card.ID}
	p.name, p.next, p.acks = cmp.Or(card.Short, card.Name), desk.next, desk.acks
	return func(ctx context.Context) error {
		// Somebody is there and hears: what a crew sees before it asks.
		open := p.rest.OpenConsole(card.ID, client.Proof{Visible: true, Audible: true}, func(client.ConsoleWord) {})
		err := p.live(ctx)
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTime)
		defer cancel()
		_ = open.Close(leaving) // else its lease ends by itself
		return err
	}, nil
}

// consoles are the hospitals that have one: the nearest to the middle of them
// all, as many as there shall be.
func (c *cast) consoles(cards []model.Card) (at []model.Card) {
	middle := middleOf(cards)
	at = slices.DeleteFunc(slices.Clone(cards), func(card model.Card) bool { return slices.Contains(c.Spare, card.ID) })
	slices.SortStableFunc(at, func(a, b model.Card) int { return cmp.Compare(distance(a, middle), distance(b, middle)) })
	if c.Consoles >= 0 {
		at = at[:min(c.Consoles, len(at))]
	}
	return at
}
