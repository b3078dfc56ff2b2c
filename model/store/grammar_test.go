package store

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"
	bundialect "github.com/uptrace/bun/dialect"
)

// grammar holds every statement that the suite runs on MariaDB against what
// MySQL does not know, or knows and must not be used.
type grammar struct{ tb testing.TB }

// notMySQL is what MariaDB takes and MySQL 8 refuses, and what the store must
// not use: locks that SQLite lacks, aliases that MariaDB lacks.
var notMySQL = regexp.MustCompile(`(?i)\bRETURNING\b|\bON CONFLICT\b|\bINSERT OR\b|\bFOR UPDATE\b|\bFOR SHARE\b|\bLOCK IN SHARE MODE\b|\bSKIP LOCKED\b` +
	`|\bAS new\b|\bEXCLUDED\.|^\s*WITH\b|\bCREATE OR REPLACE\b|\b(INDEX|KEY|COLUMN) IF (NOT )?EXISTS\b|\bSTRICT\b|\bunixepoch\b|->>?`)

// literals are texts in quotes, as bun writes them: they may say anything.
var literals = regexp.MustCompile(`'(?:[^'\\]|''|\\.)*'`)

// verdicts are what was found in statements of one shape. Under the race
// detector the expression takes longer than MariaDB takes to answer, and a suite
// of a hundred thousand statements has a few hundred shapes.
var verdicts sync.Map

func offends(statement string) string {
	s := shape(statement)
	if found, known := verdicts.Load(s); known {
		return found.(string)
	}
	found := notMySQL.FindString(s)
	verdicts.Store(s, found)
	return found
}

// shape is a statement without its values: no text, and every digit a 0.
func shape(statement string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, literals.ReplaceAllString(statement, "''"))
}

func (grammar) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (g grammar) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if e.DB.Dialect().Name() != bundialect.MySQL {
		return
	}
	if found := offends(e.Query); found != "" {
		g.tb.Errorf("%q in a statement for MySQL: %.200s", found, e.Query)
	}
}

func TestTheGrammarFindsWhatMySQLRefuses(t *testing.T) {
	for _, bad := range []string{
		"INSERT INTO `feed` (`name`) VALUES ('x') RETURNING `id`",
		"INSERT INTO feed (name) VALUES ('x') ON CONFLICT (name) DO NOTHING",
		"SELECT 1 FROM feed WHERE name = 'it''s \\' not' FOR UPDATE",
		"INSERT INTO feed VALUES (1) AS new ON DUPLICATE KEY UPDATE seq = new.seq",
		"CREATE INDEX IF NOT EXISTS a ON b (c)",
		"ALTER TABLE a ADD COLUMN IF NOT EXISTS b INT",
		"WITH x AS (SELECT 1) SELECT * FROM x",
	} {
		for _, time := range []string{"first", "second"} {
			if offends(bad) == "" {
				t.Errorf("not found the %s time: %s", time, bad)
			}
		}
	}
	for _, good := range []string{
		"CREATE TABLE IF NOT EXISTS feed (name INT)",
		"INSERT INTO feed_key (value) VALUES ('{\"a\":\"RETURNING \\\\ FOR UPDATE ''->''\"}') ON DUPLICATE KEY UPDATE seq = VALUES(seq)",
	} {
		if found := offends(good); found != "" {
			t.Errorf("%q found in %s", found, strings.TrimSpace(good))
		}
	}
}
