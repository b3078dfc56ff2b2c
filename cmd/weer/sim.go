package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"weer/ingest/sim"
	"weer/model"
	"weer/model/fault"
)

type simCmds struct {
	Egen    simEgenCmd    `cmd:"" help:"Serve the simulated E-Gen alone, for nodes with --egen-url."`
	Set     simSetCmd     `cmd:"" help:"Move items of a hospital and hold them there, as in: weer sim set A1100001 er.general=3"`
	Release simReleaseCmd `cmd:"" help:"Let held items of a hospital, or of all, move again."`
}

type simEgenCmd struct {
	Addr  string  `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one. Default: ${default}"`
	Seed  uint64  `env:"WEER_SIM_SEED" default:"1" placeholder:"N" help:"The same seed moves the same way. Default: ${default}"`
	Speed float64 `env:"WEER_SIM_SPEED" default:"60" placeholder:"X" help:"Simulated time per time, up to 3600; 1 moves as measured. Default: ${default}"`
}

// Run is `weer sim egen`. The service and its controls are at the root, and
// under /sim as on a node.
func (c *simEgenCmd) Run(ctx context.Context, o outlet) error {
	if err := checkSpeed(c.Speed); err != nil {
		return err
	}
	ln, err := listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	handler := sim.New(sim.Options{Seed: c.Seed, Speed: c.Speed, Log: slog.New(slog.NewTextHandler(o.err, nil))}).Handler()
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

// A simTarget is a running simulator.
type simTarget struct {
	URL string `env:"WEER_URL" default:"http://127.0.0.1:8080" placeholder:"URL" help:"The node, or the simulator that was started alone. Default: ${default}"`
}

type simSetCmd struct {
	simTarget
	Hospital string   `arg:"" help:"The hospital's id, as in A1100001."`
	Items    []string `arg:"" name:"item=number" help:"What to set, as in er.general=3; yes-or-no items take 1 or 0."`
}

// Run is `weer sim set`.
func (c *simSetCmd) Run(ctx context.Context, o outlet) error {
	items, err := c.items()
	if err != nil {
		return err
	}
	var now struct {
		Name  string `json:"name"`
		Items map[string]struct {
			Total string `json:"total"`
		} `json:"items"`
	}
	if err := c.post(ctx, "/sim/set", map[string]any{"hospital": c.Hospital, "items": items}, &now); err != nil {
		return err
	}
	for _, item := range slices.Sorted(maps.Keys(items)) {
		fmt.Fprintf(o.out, "%s %s  %s = %s\n", c.Hospital, now.Name, item, asPeopleSay(item, items[item], now.Items[item].Total))
	}
	_, err = fmt.Fprintf(o.out, "held until `weer sim release %s`; screens show it with the next poll\n", c.Hospital)
	return err
}

// asPeopleSay writes a count with its total, and what is no count in words.
func asPeopleSay(item string, n int, total string) string {
	switch i, _ := model.ItemByCode(item); {
	case i.YesNo && n == 1:
		return "usable"
	case i.YesNo:
		return "not usable"
	case total == "":
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d of %s", n, total)
}

func (c *simSetCmd) items() (map[string]int, error) {
	items := map[string]int{}
	for _, text := range c.Items {
		item, number, _ := strings.Cut(text, "=")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, fault.Bad(cmp.Or(item, "item"), "takes ITEM=NUMBER, as in er.general=3, not %.60q", text)
		}
		if _, twice := items[item]; twice {
			return nil, fault.Bad(item, "is named twice")
		}
		items[item] = n
	}
	return items, nil
}

type simReleaseCmd struct {
	simTarget
	Hospital string `arg:"" optional:"" help:"The hospital's id; without it all are released."`
}

// Run is `weer sim release`.
func (c *simReleaseCmd) Run(ctx context.Context, o outlet) error {
	var now struct {
		Held map[string]any `json:"held"`
	}
	if err := c.post(ctx, "/sim/release", map[string]string{"hospital": c.Hospital}, &now); err != nil {
		return err
	}
	_, err := fmt.Fprintf(o.out, "%s released; %d hospitals are still held\n", cmp.Or(c.Hospital, "all"), len(now.Held))
	return err
}

const simPatience = 10 * time.Second

// post asks the simulator and reads its answer; an error of it comes as it was
// meant, field and message.
func (t simTarget) post(ctx context.Context, path string, order, answer any) error {
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, simPatience)
	defer cancel()
	base, _, _ := strings.Cut(t.URL, ",") // WEER_URL may name several; a simulator is the first one's
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(base, "/")+path, bytes.NewReader(body))
	if err != nil || req.URL.Host == "" {
		return fault.Bad("--url", "takes an address like http://127.0.0.1:8080, not %.60q", t.URL)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "nothing answers at %s: start it with `weer serve`, or name it with --url", withoutSecrets(base))
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	switch {
	case err != nil:
		return fault.Wrap(fault.Unavailable, err, "the answer of %s broke off", withoutSecrets(base))
	case res.StatusCode != http.StatusOK:
		return refusal(res.StatusCode, text)
	}
	return json.Unmarshal(text, answer)
}

// refusal reads the error of a simulator, or of the node that it is part of.
func refusal(status int, body []byte) error {
	var said struct {
		Code    fault.Code `json:"code"`
		Message string     `json:"message"` // the simulator's
		Detail  string     `json:"detail"`  // the node's
		Field   string     `json:"field"`
	}
	err := json.Unmarshal(body, &said)
	switch text := cmp.Or(said.Message, said.Detail); {
	case err != nil || text == "":
		return fault.New(fault.Unavailable, "the answer was status %d: is this a WeER?", status)
	case said.Code == fault.NotFound:
		return fault.New(fault.NotFound, "this node has no simulator: it is real, polls another source, or does not poll")
	default:
		return &fault.Error{Code: said.Code, Message: text, Field: said.Field}
	}
}
