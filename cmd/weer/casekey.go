package main

import (
	"context"
	"fmt"
	"os"

	"weer/model/fault"
	"weer/model/seal"
)

type caseKeyCmd struct {
	Path string `arg:"" name:"file" help:"Where to put it; nothing is overwritten."`
}

// Run is `weer case-key`.
func (c *caseKeyCmd) Run(_ context.Context, o outlet) error {
	if _, err := os.Stat(c.Path); err == nil {
		return fault.New(fault.Conflict, "%s is there already: a case key that is lost takes its cases with it", c.Path)
	}
	if _, err := seal.LoadOrCreate(c.Path); err != nil {
		return err
	}
	_, err := fmt.Fprintf(o.out, "made %s: give it to all nodes as --case-key or WEER_CASE_KEY, and keep a copy apart from the database\n", c.Path)
	return err
}
