package store

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// Every statement of a migration can be repeated: DDL commits by itself on
// MySQL, and a node may die between any two. Neither database can add a column
// only where it is missing, so such a statement stands in {{if .Lacks …}}.
// Columns are added before the code that writes them and removed after the last
// that reads them.
//
//go:embed migrations
var migrations embed.FS

// facts are what the migrations' templates ask for.
type facts struct {
	Epoch, Mode string // written at birth
	columns     func(table string) ([]string, error)
}

// Lacks reports whether a table has no such column.
func (f facts) Lacks(table, column string) (bool, error) {
	have, err := f.columns(table)
	return !slices.Contains(have, column), err
}

// migrate brings the tables up to date. Of nodes that start together one
// migrates and the others wait. bun's own lock is a row, which outlives a node
// that dies, and is not used.
func (db *DB) migrate(ctx context.Context, mode string) error {
	steps, err := db.steps()
	if err != nil {
		return err
	}
	err = db.alone(ctx, db, func(pool *bun.DB) error {
		f := facts{newEpoch(), mode, func(table string) ([]string, error) { return columnsOf(ctx, pool, table) }}
		m := migrate.NewMigrator(pool, steps, migrate.WithMarkAppliedOnSuccess(true), migrate.WithTemplateData(f))
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

// keysDerived names the derivation of the keys of hospitals as it is now. It is
// another name whenever they are derived otherwise than before, and comes after
// all migrations in SQL, because it reads the columns as they are now.
const keysDerived = "keys_2"

// steps are the migrations: those in SQL, and those that need the model.
func (db *DB) steps() (*migrate.Migrations, error) {
	folder, err := fs.Sub(migrations, "migrations/"+db.name())
	if err != nil {
		return nil, err
	}
	steps := migrate.NewMigrations()
	if err := steps.Discover(folder); err != nil {
		return nil, err
	}
	steps.Add(migrate.Migration{Name: keysDerived, Comment: "keys",
		Up: func(ctx context.Context, _ *migrate.Migrator, _ *migrate.Migration) error { return db.rekey(ctx) }})
	return steps, nil
}

func columnsOf(ctx context.Context, pool *bun.DB, table string) ([]string, error) {
	rows, err := pool.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // there are none
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	return names, rows.Err()
}

// newEpoch makes 16 random hex digits.
func newEpoch() string {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	return hex.EncodeToString(b[:])
}
