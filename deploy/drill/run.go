package drill

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
)

// A run is a row of one poll.
type run struct {
	started, ended          int64
	rows, changed, rejected int
	complete                bool
	error                   string
}

// admin is the feed of what administrators are told. Its alerts are in no table
// but the feed's own, so there is nothing to hold them against.
const admin = "admin"

func (r *Record) readRuns(ctx context.Context, db Querier) error {
	const query = "SELECT source, started_at, ended_at, seen, changed, rejected, complete, error FROM ingest_run ORDER BY ended_at, id"
	return Each(ctx, db, query, func(rows *sql.Rows) error {
		var source string
		var rejected []byte
		var one run
		err := rows.Scan(&source, &one.started, &one.ended, &one.rows, &one.changed, &rejected, &one.complete, &one.error)
		if err != nil {
			return err
		}
		var why []string
		err = json.Unmarshal(rejected, &why)
		one.rejected = len(why)
		r.runs[source] = append(r.runs[source], one)
		return err
	})
}

// outcomes finds runs of which administrators were told something else than the
// rows say: how the last one ended, with the numbers of one that ended so.
func (r *Record) outcomes() (faults []string) {
	told := r.live(admin)
	for source, runs := range r.runs {
		key := "run/" + source
		var v struct {
			Started                 *string `json:"started_at"`
			Rows, Changed, Rejected int
			Complete                bool
			Error                   string
		}
		if err := json.Unmarshal([]byte(told[key].Value), &v); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %q says nothing of its %d runs: %v", key, told[key].Value, len(runs), err))
			continue
		}
		last := runs[len(runs)-1]
		if v.Complete != last.complete || v.Error != last.error {
			faults = append(faults, fmt.Sprintf("%s: told %v %q, and the last run ended %v %q", key, v.Complete, v.Error, last.complete, last.error))
		}
		if !slices.ContainsFunc(runs, func(one run) bool {
			return v.Started != nil && *v.Started == moment(one.started) && v.Rows == one.rows && v.Changed == one.changed &&
				v.Rejected == one.rejected && v.Complete == one.complete && v.Error == one.error
		}) {
			faults = append(faults, fmt.Sprintf("%s: no run is %s", key, told[key].Value))
		}
	}
	return faults
}
