package reserve

import (
	"context"
	"database/sql"
	"fmt"

	"weer/deploy/drill"
)

// A Witness is what the database says of the storm, read with plain SQL when
// everything rests.
type Witness struct {
	control, region []event            // of the two feeds, in their order
	commands        map[command]string // what each came to, as JSON
	rows            map[string]Row     // reservations, by id
	cases           map[string]CaseRow
	holds           map[heldRow]string // the kind, of each row of bed_hold
	audit           map[string]int     // entries of each actor, of what takes a key
}

// An event is what one transaction put into one feed.
type event struct {
	seq  uint64
	told *Told
}

// A command is named by who gave it, and its key.
type command struct{ actor, key string }

// A heldRow is what one reservation holds at one hospital.
type heldRow struct{ hospital, reservation string }

// Summon reads the witness: the events of a region and of its control room, and
// the rows.
func Summon(ctx context.Context, db drill.Querier, region string) (*Witness, error) {
	w := &Witness{
		commands: map[command]string{}, rows: map[string]Row{}, cases: map[string]CaseRow{},
		holds: map[heldRow]string{}, audit: map[string]int{},
	}
	var err error
	if w.control, err = events(ctx, db, "control:"+region); err != nil {
		return nil, err
	}
	if w.region, err = events(ctx, db, "region:"+region); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, drill.Querier) error{w.readCommands, w.readRows, w.readCases, w.readHolds, w.readAudit} {
		if err := read(ctx, db); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func events(ctx context.Context, db drill.Querier, feed string) (list []event, err error) {
	err = drill.Each(ctx, db, "SELECT seq, body FROM feed_event WHERE feed = '"+feed+"' ORDER BY seq", func(rows *sql.Rows) error {
		e := event{told: newTold()}
		var body []byte
		if err := rows.Scan(&e.seq, &body); err != nil {
			return err
		}
		keys, err := read[[]key](body)
		if err != nil {
			return fmt.Errorf("%s %d: %w", feed, e.seq, err)
		}
		list = append(list, e)
		return e.told.hear(feed, e.seq, keys)
	})
	return list, err
}

func (w *Witness) readCommands(ctx context.Context, db drill.Querier) error {
	return drill.Each(ctx, db, "SELECT actor, `key`, result FROM command WHERE refusal = ''", func(rows *sql.Rows) error {
		var c command
		var result string
		err := rows.Scan(&c.actor, &c.key, &result)
		w.commands[c] = result
		return err
	})
}

func (w *Witness) readRows(ctx context.Context, db drill.Querier) error {
	return drill.Each(ctx, db, "SELECT id, case_id, hospital_id, state, ended, version FROM reservation", func(rows *sql.Rows) error {
		var r Row
		err := rows.Scan(&r.ID, &r.Case, &r.Hospital, &r.State, &r.End, &r.Version)
		w.rows[r.ID] = r
		return err
	})
}

func (w *Witness) readCases(ctx context.Context, db drill.Querier) error {
	return drill.Each(ctx, db, "SELECT id, state, winner, version FROM patient_condition", func(rows *sql.Rows) error {
		var id string
		var c CaseRow
		err := rows.Scan(&id, &c.State, &c.Winner, &c.Version)
		w.cases[id] = c
		return err
	})
}

func (w *Witness) readHolds(ctx context.Context, db drill.Querier) error {
	return drill.Each(ctx, db, "SELECT hospital_id, reservation_id, kind FROM bed_hold", func(rows *sql.Rows) error {
		var h heldRow
		var kind string
		err := rows.Scan(&h.hospital, &h.reservation, &kind)
		w.holds[h] = kind
		return err
	})
}

func (w *Witness) readAudit(ctx context.Context, db drill.Querier) error {
	const query = "SELECT actor, COUNT(*) FROM audit WHERE operation LIKE 'case.%' OR operation LIKE 'reservation.%' GROUP BY actor"
	return drill.Each(ctx, db, query, func(rows *sql.Rows) error {
		var actor string
		var n int
		err := rows.Scan(&actor, &n)
		w.audit[actor] = n
		return err
	})
}

// Name gives the ops whose answers were lost the ids of what they made, as far as
// they were carried out: names, without which nobody could say what a hospital
// answered. Whether they were, the models are not told.
func (w *Witness) Name(ops []*Op) error {
	for _, o := range ops {
		result, ok := w.commands[command{o.Actor, o.Key}]
		if !ok || o.Outcome == Done {
			continue
		}
		switch o.Kind {
		case Open:
			made, err := read[struct{ ID string }]([]byte(result))
			if err != nil {
				return err
			}
			o.Case = made.ID
		case Ask:
			if err := o.name([]byte(result)); err != nil {
				return err
			}
		}
	}
	return nil
}

// name takes the ids of an Ask from what is kept of it.
func (o *Op) name(result []byte) error {
	made, err := read[struct {
		Reservations []struct {
			ID       string
			Hospital string `json:"hospital"`
		}
	}](result)
	if err != nil {
		return err
	}
	o.Made = make([]string, len(o.Hospitals))
	for i, h := range o.Hospitals {
		for _, r := range made.Reservations {
			if r.Hospital == h {
				o.Made[i] = r.ID
			}
		}
	}
	return nil
}
