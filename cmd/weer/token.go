package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"weer/api/auth"
	"weer/model"
	"weer/model/fault"
)

type tokenCmd struct {
	Role        string        `required:"" placeholder:"ROLE" help:"What it may do: crew, hospital, control, admin, integration or viewer."`
	Sub         string        `required:"" placeholder:"NAME" help:"Whom it is for, as logs show it: a person, a display, a program."`
	Region      []string      `placeholder:"CODE" help:"시도 codes that a control room is responsible for, as in 11."`
	TTL         time.Duration `name:"ttl" default:"12h" placeholder:"TIME" help:"How long it lives, 1s to 8784h. Default: ${default}"`
	TokenKey    string        `env:"WEER_TOKEN_KEY" placeholder:"FILE" help:"The node's key file. Default: beside the SQLite file, as PATH.key."`
	DatabaseURL string        `env:"WEER_DATABASE_URL" default:"sqlite:weer.db" placeholder:"URL" help:"Beside which file the key lies; not opened. Default: ${default}"`
}

// Run is `weer token`. It needs the key file and nothing else.
func (c *tokenCmd) Run(_ context.Context, o outlet) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	token, err := keys.Sign(model.Principal{Subject: c.Sub, Role: model.Role(c.Role), Regions: c.Region}, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.out, token)
	return err
}

func (c *tokenCmd) keys() (*auth.Keys, error) {
	path, err := tokenKeyPath(c.TokenKey, c.DatabaseURL)
	if err != nil {
		return nil, err
	}
	keys, err := auth.Load(path)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.Wrap(fault.NotFound, err, "there is no token key at %s: give the node's, which `weer serve` prints, as --token-key or WEER_TOKEN_KEY", path)
	}
	return keys, err
}

// tokenKeyPath is where the keys of tokens lie: where a setting says, else
// beside the SQLite file. A database of servers has no such place.
func tokenKeyPath(set, databaseURL string) (string, error) {
	if set != "" {
		return set, nil
	}
	if file, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		return file + ".key", nil
	}
	return "", fault.Bad(flagTokenKey, "names the key file that the nodes share")
}
