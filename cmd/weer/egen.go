package main

import (
	"net/http"
	"time"

	"weer/ingest"
	"weer/ingest/egen"
	"weer/ingest/sim"
	"weer/model"
	"weer/model/fault"
)

// egenSource is where E-Gen is, and how often it may be asked.
type egenSource struct {
	EgenKey   string `env:"WEER_EGEN_KEY" placeholder:"KEY" help:"Service key of data.go.kr; real mode only."`
	EgenURL   string `env:"WEER_EGEN_URL" placeholder:"URL" help:"Base of the E-Gen service. Default: https://apis.data.go.kr in real mode, this node's own simulator in simulated mode."`
	EgenQuota *int   `env:"WEER_EGEN_QUOTA" placeholder:"CALLS" help:"Calls that the key has a day (of Korea) and operation, up to 1000000; all nodes together make no more, and stretch the intervals to last the day. 0, in simulated mode only, is no limit. Default: 1000 in real mode, 0 in simulated mode."`
}

const mostQuota = 1_000_000

func (e egenSource) check() error {
	if e.EgenQuota != nil && (*e.EgenQuota < 0 || *e.EgenQuota > mostQuota) {
		return fault.Bad(flagEgenQuota, "takes 0 to %d calls a day, not %d", mostQuota, *e.EgenQuota)
	}
	return nil
}

// quota is the limit of a mode.
func (e egenSource) quota(mode string) (int, error) {
	switch {
	case e.EgenQuota == nil && mode == model.Simulated:
		return 0, nil
	case e.EgenQuota == nil:
		return ingest.DefaultQuota, nil
	case *e.EgenQuota == 0 && mode != model.Simulated:
		return 0, fault.Bad(flagEgenQuota, "in real mode takes the calls that the key has a day, at least 1")
	}
	return *e.EgenQuota, nil
}

// open makes a client whose every call is counted. An error names the flag.
func (e egenSource) open(mode string, o ingest.BudgetOptions) (*egen.Client, *ingest.Budget, error) {
	var err error
	if o.Limit, err = e.quota(mode); err != nil {
		return nil, nil, err
	}
	budget := ingest.NewBudget(o)
	key := e.EgenKey
	if mode == model.Simulated {
		key = sim.DefaultKey
	}
	client, err := egen.New(egen.Options{URL: e.EgenURL, Key: key, Transport: budget})
	return client, budget, named(err, map[string]string{"url": flagEgenURL, "key": flagEgenKey})
}

// egenSchedule is how often each operation is asked; 0 is the mode's default.
type egenSchedule struct {
	EgenInterval           time.Duration `env:"WEER_EGEN_INTERVAL" placeholder:"TIME" help:"Between two polls of beds, 100ms to 1h, in real mode at least 1s. Default: 90s in real mode, 5s in simulated mode."`
	EgenAcceptanceInterval time.Duration `env:"WEER_EGEN_ACCEPTANCE_INTERVAL" placeholder:"TIME" help:"Between two polls of severe-disease acceptance, in the same bounds. Default: 5m in real mode, 15s in simulated mode."`
	EgenMessagesInterval   time.Duration `env:"WEER_EGEN_MESSAGES_INTERVAL" placeholder:"TIME" help:"Between two polls of messages, in the same bounds. Default: 3m in real mode, 15s in simulated mode."`
	EgenListInterval       time.Duration `env:"WEER_EGEN_LIST_INTERVAL" placeholder:"TIME" help:"Between two polls of the list of institutions, up to 168h; a twentieth more at most. Default: 24h in real mode, 10m in simulated mode."`
}

const (
	leastDemoInterval = 100 * time.Millisecond
	leastRealInterval = time.Second
	mostInterval      = time.Hour
	mostListInterval  = 7 * 24 * time.Hour
)

// check holds the intervals that are set to their bounds.
func (e egenSchedule) check(least time.Duration) error {
	for _, i := range []struct {
		flag      string
		set, most time.Duration
	}{
		{"--egen-interval or WEER_EGEN_INTERVAL", e.EgenInterval, mostInterval},
		{"--egen-acceptance-interval or WEER_EGEN_ACCEPTANCE_INTERVAL", e.EgenAcceptanceInterval, mostInterval},
		{"--egen-messages-interval or WEER_EGEN_MESSAGES_INTERVAL", e.EgenMessagesInterval, mostInterval},
		{"--egen-list-interval or WEER_EGEN_LIST_INTERVAL", e.EgenListInterval, mostListInterval},
	} {
		switch {
		case i.set == 0:
		case i.set < leastDemoInterval || i.set > i.most:
			return fault.Bad(i.flag, "takes 100ms to %.0fh, in real mode at least 1s, not %s", i.most.Hours(), i.set)
		case i.set < least:
			return fault.Bad(i.flag, "takes at least %s in real mode, not %s", least, i.set)
		}
	}
	return nil
}

func (e egenSchedule) intervals(mode string) ingest.Intervals {
	defaults := ingest.RealIntervals
	if mode == model.Simulated {
		defaults = ingest.DemoIntervals
	}
	return ingest.Intervals{
		Beds: e.EgenInterval, Acceptance: e.EgenAcceptanceInterval,
		Announcements: e.EgenMessagesInterval, Institutions: e.EgenListInterval,
	}.Or(defaults)
}

// openIngest makes the poller, and in simulated mode the country that it polls.
func (n *node) openIngest() error {
	mode := n.db.Mode()
	switch {
	case !n.roles.ingest:
		return nil
	case mode != model.Simulated && n.EgenKey == "":
		return fault.Bad(flagEgenKey, "this database is real: polling E-Gen needs the service key of data.go.kr, or --roles without ingest")
	}
	source, transport := n.egenSource, http.RoundTripper(nil)
	if mode != model.Simulated {
		if err := n.egenSchedule.check(leastRealInterval); err != nil {
			return err
		}
	} else if n.EgenURL == "" {
		n.sim = sim.New(sim.Options{Seed: n.SimSeed, Speed: n.SimSpeed, Log: n.log})
		source.EgenURL, transport = "http://simulator.invalid", inProcess{n.sim.Handler()}
	}
	client, budget, err := source.open(mode, ingest.BudgetOptions{Counter: n.db, Transport: transport, Clock: n.clock})
	if err != nil {
		return err
	}
	n.intervals = n.egenSchedule.intervals(mode)
	n.poller = ingest.New(ingest.Options{
		Service: n.service, Lease: n.db, Client: client, Intervals: n.intervals, Budget: budget,
		Node: n.id, Clock: n.clock, LastComplete: n.lastComplete, Log: n.log,
	})
	return nil
}
