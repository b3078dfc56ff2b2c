package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"weer/model/fault"
)

// A simTarget is a running simulator.
type simTarget struct {
	URL string `env:"WEER_URL" default:"http://127.0.0.1:8080" placeholder:"URL" help:"The node, or the simulator that was started alone. Default: ${default}"`
}

const simPatience = 10 * time.Second

// post orders something of the simulator and reads its answer; an error of it
// comes as it was meant, field and message.
func (t simTarget) post(ctx context.Context, path string, order, answer any) error {
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	return t.ask(ctx, http.MethodPost, path, body, answer)
}

func (t simTarget) get(ctx context.Context, path string, answer any) error {
	return t.ask(ctx, http.MethodGet, path, nil, answer)
}

func (t simTarget) ask(ctx context.Context, method, path string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, simPatience)
	defer cancel()
	base, _, _ := strings.Cut(t.URL, ",") // WEER_URL may name several; a simulator is the first one's
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(base, "/")+path, bytes.NewReader(body))
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
