package main

import (
	"context"
	"log/slog"
	"time"

	"weer/api"
	"weer/api/client"
	people "weer/cmd/weer/crews"
	"weer/model"
	"weer/model/fault"
)

type simCrewsCmd struct {
	URL      []string      `name:"url" env:"WEER_URL" default:"http://127.0.0.1:8080" help:"Server, on this machine and simulated. Several are tried in their order."`
	Crews    int           `default:"6" placeholder:"N" help:"How many crews, each with a unit of its own. Default: ${default}"`
	Region   []string      `default:"11" placeholder:"CODE" help:"시도 codes over which they are spread. Default: ${default} (서울)"`
	Consoles *int          `placeholder:"N" help:"How many hospitals of each region have a console, those in its middle first. Default: all"`
	Spare    []string      `default:"${demo_hospital}" placeholder:"HPID" help:"Hospitals without a simulated console, so that a person can answer there. Default: ${default}, where demo.hospital works"`
	Every    time.Duration `default:"10m" placeholder:"TIME" help:"About so long a crew has no patient, 1s to 24h, in simulated time. Default: ${default}"`
	Speed    float64       `default:"5" placeholder:"X" help:"Simulated time per time, up to 3600: how fast people answer and drive. Default: ${default}"`
	Seed     uint64        `default:"1" placeholder:"N" help:"The same seed decides the same of the same case. Default: ${default}"`
	Leave    bool          `help:"Let open cases go on when this ends; otherwise they are canceled."`
}

// Help says what they do.
func (*simCrewsCmd) Help() string {
	return `Crews open cases, ask the best hospitals, drive and arrive; consoles hear, answer
yes and no by what is left, and sometimes not at all; a control room designates a
hospital for some of the gravest. Only a simulated server gives them tokens. What
was done is told on standard error, and counted at the end.`
}

// Run is `weer sim crews`.
func (c *simCrewsCmd) Run(ctx context.Context, o outlet) error {
	consoles := -1
	if c.Consoles != nil {
		consoles = *c.Consoles
	}
	return named(people.Run(ctx, people.Options{
		URLs: c.URL, Crews: c.Crews, Regions: c.Region, Consoles: consoles, Spare: c.Spare,
		Every: c.Every, Seed: c.Seed, Speed: c.Speed, Leave: c.Leave,
		Log: slog.New(slog.NewTextHandler(o.err, &slog.HandlerOptions{Level: slog.LevelDebug})), Out: o.out,
	}), map[string]string{"crews": "--crews", "region": "--region", "every": "--every", "speed": "--speed"})
}

// checkCrews refuses simulated crews where they could not be, or would be among
// real ones.
func (s settings) checkCrews() error {
	switch {
	case s.SimCrews < 0 || s.SimCrews > 5000:
		return fault.Bad(flagSimCrews, "takes 0 to 5000")
	case s.SimCrews > 0 && s.birth() == model.Real:
		return fault.Bad(flagSimCrews, "goes with a simulated WeER only")
	case s.SimCrews > 0 && !(s.roles.api && s.roles.hub):
		return fault.Bad(flagSimCrews, "goes with the roles api and hub: the crews use both")
	}
	return nil
}

// playCrews lets simulated crews and consoles use the node through its own port.
func (n *node) playCrews(ctx context.Context) error {
	return people.Run(ctx, people.Options{
		URLs: []string{n.baseURL()}, Token: n.demoTokens,
		Crews: n.SimCrews, Regions: []string{demoUnit.Region}, Consoles: -1, Spare: []string{demoHospital},
		Every: 5 * time.Minute, Seed: n.SimSeed, Speed: 5, Log: n.log, // busier than people are, so that there is something to see
	})
}

// demoTokens signs for people who live in this process.
func (n *node) demoTokens(who client.Demo) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		token, err := n.demoToken(api.DemoWish(who).Principal())
		return token.Token, err
	}
}
