package store

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// upsertRows bounds the rows of one statement, and so its size.
const upsertRows = 500

// conflict is the dialect's orUpdate as bun's builder wants it: bun writes ON,
// and SET where the dialect has it.
func conflict(d dialect, keys ...string) string {
	return strings.TrimSuffix(strings.TrimPrefix(d.orUpdate(keys...), "ON "), " SET")
}

// upsert writes rows whole: new ones with all their columns, those whose keys
// are there already with the columns named.
func upsert[Row any](ctx context.Context, d dialect, q bun.IDB, rows []Row, keys []string, columns ...string) error {
	for chunk := range slices.Chunk(rows, upsertRows) {
		insert := q.NewInsert().Model(&chunk).On(conflict(d, keys...))
		for _, c := range columns {
			insert = insert.Set("? = ?", bun.Ident(c), bun.Safe(d.incoming(c)))
		}
		if _, err := insert.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
