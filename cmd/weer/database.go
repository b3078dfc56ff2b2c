package main

import (
	"context"
	"fmt"
	"log/slog"

	"weer/model"
	"weer/model/feed"
	"weer/model/store"
)

// A database is what the commands that look after one need.
type database struct {
	DatabaseURL string `env:"WEER_DATABASE_URL" default:"sqlite:weer.db" placeholder:"URL" help:"sqlite:PATH or mysql://user:password@host:port/name. Default: ${default}"`
}

// open migrates it too: a command never works on tables that it does not know.
func (d database) open(ctx context.Context, mode string, o outlet) (*store.DB, error) {
	log := slog.New(slog.NewTextHandler(o.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return store.Open(ctx, d.DatabaseURL, store.Options{Mode: mode, Log: log})
}

// note writes down what a command is about to do: what cannot be written down is
// not done.
func note(ctx context.Context, db *store.DB, did model.Deed) error {
	return model.NewService(db, nobody{}).Note(model.WithCall(ctx, model.Call{By: commandLine(), From: "cli"}), did)
}

type migrateCmd struct {
	database
	Mode string `env:"WEER_MODE" default:"" enum:",simulated,real" placeholder:"MODE" help:"What a new database is born as, simulated or real. Default: simulated"`
}

// Run is `weer migrate`.
func (c *migrateCmd) Run(ctx context.Context, o outlet) error {
	db, err := c.open(ctx, c.Mode, o)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.Verify(ctx, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "the database is up to date: %s, epoch %s, %d feeds\n", v.Mode, v.Epoch, len(v.Heads))
	return err
}

type feedCmds struct {
	Repair feedRepairCmd `cmd:"" help:"Count a feed's digest anew from its keys, when screens show the feed as unproved."`
}

type feedRepairCmd struct {
	database
	Name string `arg:"" help:"The feed, as in region:11."`
}

// Run is `weer feed repair`.
func (c *feedRepairCmd) Run(ctx context.Context, o outlet) error {
	db, err := c.open(ctx, "", o)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, ok := feed.KindOf(c.Name); ok { // any other name is refused below
		if err := note(ctx, db, model.Deed{Operation: "feed.repair", Subject: "feed/" + c.Name}); err != nil {
			return err
		}
	}
	old, now, err := db.Repair(ctx, c.Name)
	switch {
	case err != nil:
		return err
	case old == now:
		_, err = fmt.Fprintf(o.out, "%s: the digest %s was right\n", c.Name, now)
	default:
		_, err = fmt.Fprintf(o.out, "%s: the digest was %s and is now %s; screens are proved again within seconds\n", c.Name, old, now)
	}
	return err
}

type dbCmds struct {
	NewEpoch dbNewEpochCmd `cmd:"" help:"Give the history a new name, after a restore or a promotion that may have lost events. Every screen then loads anew."`
}

type dbNewEpochCmd struct{ database }

// Run is `weer db new-epoch`.
func (c *dbNewEpochCmd) Run(ctx context.Context, o outlet) error {
	db, err := c.open(ctx, "", o)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := note(ctx, db, model.Deed{Operation: "db.new_epoch"}); err != nil {
		return err
	}
	epoch, err := db.NewEpoch(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "the epoch is now %s: every screen loads anew within seconds\n", epoch)
	return err
}
