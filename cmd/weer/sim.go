package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"weer/ingest/sim"
	"weer/model/fault"
)

type simCmds struct {
	Crews    simCrewsCmd    `cmd:"" help:"Let crews ask and consoles answer, on a simulated node."`
	Egen     simEgenCmd     `cmd:"" help:"Serve the simulated E-Gen alone, for nodes with --egen-url."`
	Set      simSetCmd      `cmd:"" help:"Change a hospital and hold it there, as in: weer sim set A1100001 er.general=3 severe.burn=refuses --message 'CT 고장'"`
	Release  simReleaseCmd  `cmd:"" help:"Let what is held of a hospital, or of all, move again."`
	Scenario simScenarioCmd `cmd:"" help:"Break the answers in one of the ways that E-Gen was seen to break, as in: weer sim scenario half. Without a name: list them."`
}

type simEgenCmd struct {
	Addr     string  `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one. Default: ${default}"`
	Seed     uint64  `env:"WEER_SIM_SEED" default:"1" placeholder:"N" help:"The same seed moves the same way. Default: ${default}"`
	Speed    float64 `env:"WEER_SIM_SPEED" default:"60" placeholder:"X" help:"Simulated time per time, up to 3600; 1 moves as measured. Default: ${default}"`
	Scenario string  `default:"none" placeholder:"NAME" help:"How the answers are wrong from the start; weer sim scenario lists the names. Default: ${default}"`
}

// Run is `weer sim egen`. The service and its controls are at the root, and
// under /sim as on a node.
func (c *simEgenCmd) Run(ctx context.Context, o outlet) error {
	if err := checkSpeed(c.Speed); err != nil {
		return err
	}
	country := sim.New(sim.Options{Seed: c.Seed, Speed: c.Speed, Log: slog.New(slog.NewTextHandler(o.err, nil))})
	if err := country.Scenario(c.Scenario); err != nil {
		return named(err, map[string]string{"name": "--scenario"})
	}
	ln, err := listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	handler := country.Handler()
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("/sim/", http.StripPrefix("/sim", handler))
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, IdleTimeout: 75 * time.Second}
	fmt.Fprintf(o.out, "simulated E-Gen (모의) on http://%s: give it to nodes as --egen-url, move it with `weer sim set --url`\n", ln.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
	}
	_ = server.Close() // nobody loses anything: a poller asks again
	if err = <-ended; errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func checkSpeed(speed float64) error {
	if speed > 0 && speed <= 3600 {
		return nil
	}
	return fault.Bad("--sim-speed or WEER_SIM_SPEED", "takes more than 0, up to 3600")
}
