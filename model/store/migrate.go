package store

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// Every statement of a migration can be repeated: DDL commits by itself on
// MySQL, and a node may die between any two. Columns are added before the code
// that writes them and removed after the last that reads them.
//
//go:embed migrations
var migrations embed.FS

// birth is what the first migration writes into a database.
type birth struct{ Epoch, Mode string }

// migrate brings the tables up to date. Of nodes that start together one
// migrates and the others wait. bun's own lock is a row, which outlives a node
// that dies, and is not used.
func (db *DB) migrate(ctx context.Context, mode string) error {
	folder, err := fs.Sub(migrations, "migrations/"+db.name())
	if err != nil {
		return err
	}
	steps := migrate.NewMigrations()
	if err := steps.Discover(folder); err != nil {
		return err
	}
	err = db.alone(ctx, db, func(pool *bun.DB) error {
		m := migrate.NewMigrator(pool, steps,
			migrate.WithMarkAppliedOnSuccess(true), migrate.WithTemplateData(birth{newEpoch(), mode}))
		if err := m.Init(ctx); err != nil {
			return err
		}
		_, err := m.Migrate(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// newEpoch makes 16 random hex digits.
func newEpoch() string {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	return hex.EncodeToString(b[:])
}
