package model

import (
	"context"
	"slices"

	"weer/model/fault"
	"weer/model/feed"
)

// Times of a console's lease, in milliseconds. They travel in the answer to each
// proof, so that no client has its own.
const (
	ConsoleMS      = 15_000 // a proof holds
	ConsoleRenewMS = 5_000  // and is given anew after: two may be lost before it shows
)

// MaxConsoles is how many consoles of one hospital may be open at once: more
// than it has screens, and few enough to be counted under its lock.
const MaxConsoles = 50

// A Console is one open approval console of a hospital (수용 콘솔), and what it
// proves: it holds a lease that it renews for as long as somebody could hear it.
//
// What a hospital's consoles prove together is the hospital's reach
// ([Hospital.Console]), and the row of a console is the proof of it: whoever
// holds the hospital's lock may add a row, change what it says, or remove it,
// and settles the reach in the same transaction. A lease that is over goes in the
// same way ([Service.EndConsoles]). So the reach is always the best of the rows.
//
// Without the hospital's lock a row is only renewed: its end is moved, if it is
// there, is not over, and says the same ([ConsoleStore]). That cannot change the
// reach, and a lapse that runs beside it comes before, and the row is gone, or
// after, and the row is not over.
type Console struct {
	HospitalID string
	ID         string    // UUID, made by whoever opened it
	Account    string    // that holds it: [Principal.Actor]
	Visible    bool      // it is in sight: its document is visible
	Audible    bool      // its alarm can be heard: sound runs, is not muted, and passed its test
	EndsAt     feed.Time // of the lease, by the database's clock
}

// reach is what one console proves.
func (c Console) reach() Reach {
	switch {
	case c.Audible:
		return ReachAudible
	case c.Visible:
		return ReachVisible
	}
	return ReachOpen
}

// reaches are all of them, the best first.
var reaches = []Reach{ReachAudible, ReachVisible, ReachOpen, ReachNone}

// Known reports whether a hospital can have the reach.
func (r Reach) Known() bool { return slices.Contains(reaches, r) }

// reachOf is the best that some consoles prove.
func reachOf(open []Console) Reach {
	best := len(reaches) - 1
	for _, c := range open {
		best = min(best, slices.Index(reaches, c.reach()))
	}
	return reaches[best]
}

// hear notes what the hospital's open consoles prove. One that never had a
// console keeps having had none.
func (h Hospital) hear(open []Console, now feed.Time) (after Hospital, moved bool) {
	reach := reachOf(open)
	if reach == h.Console || reach == ReachNone && h.Console == "" {
		return h, false
	}
	h.Console, h.ConsoleAt = reach, now
	return h, true
}

// A ConsoleLease is what a proof came to.
type ConsoleLease struct {
	Reach  Reach     // of the hospital, this console and all others
	EndsAt feed.Time // unless it is renewed before
}

// A ConsoleStore is what consoles need of a [Store].
//
//   - RenewConsole moves the end of a lease [ConsoleMS] ahead, if it is there, is
//     not over, and has the same account and proves the same; else it changes
//     nothing and returns nil. It writes that one row, waits for no hospital, and
//     passes whoever stands in line to write.
//   - SilentHospitals names, in order, the hospitals that [Service.EndConsoles]
//     has to look at: with a lease that is over by the database's clock, or with
//     a reach and no lease. It takes no lock.
type ConsoleStore interface {
	RenewConsole(ctx context.Context, c Console) (*ConsoleLease, error)
	SilentHospitals(ctx context.Context) (ids []string, err error)
}

// A ConsoleTx is what consoles need of a [Tx]. All of it is refused for a
// hospital that is not locked.
type ConsoleTx interface {
	// LockConsoles locks all leases of a hospital by writing, so that none is
	// renewed meanwhile, and reads them. It comes after all hospitals.
	LockConsoles(ctx context.Context, hospitalID string) ([]Console, error)
	SaveConsole(ctx context.Context, c Console) error
	DropConsole(ctx context.Context, c Console) error
}

// ProveConsole says what a console can prove now, and that goes for [ConsoleMS].
// As long as that stays the same a proof renews the lease and nothing else: no
// hospital is locked, no feed moves, nothing is written into the audit. The audit
// has a row for each proof that changed the hospital's reach, and the receipt
// says then what became of the feeds. It is no command that is kept under a key:
// it says how things are now. That the caller still has its rights is looked at
// with every command at the edge, and under the lock when something changes.
//
// NotFound: nobody knows the hospital. Conflict: the console is another
// account's, or the hospital has [MaxConsoles] already.
func (s *Service) ProveConsole(ctx context.Context, c Console) (ConsoleLease, Receipt, error) {
	c.Account = speaker(ctx, c.Account)
	if err := s.mayHold(ctx, c); err != nil {
		return ConsoleLease{}, Receipt{}, err
	}
	renewed, err := s.store.RenewConsole(ctx, c)
	if err != nil || renewed != nil {
		return orZero(renewed), Receipt{}, err
	}
	return s.onConsoles(ctx, c, "console.proved", c.prove)
}

// LeaveConsole ends a console's lease at once: it was closed, or its person
// signed out. One that is not open stays so. Conflict: it is another account's.
func (s *Service) LeaveConsole(ctx context.Context, hospitalID, id string) (ConsoleLease, Receipt, error) {
	c := Console{HospitalID: hospitalID, ID: id, Account: speaker(ctx, "")}
	if err := s.mayHold(ctx, c); err != nil {
		return ConsoleLease{}, Receipt{}, err
	}
	return s.onConsoles(ctx, c, "console.left", c.leave)
}

func (s *Service) mayHold(ctx context.Context, c Console) error {
	var id error
	if c.ID == "" || len(c.ID) > maxConsoleID || !feed.ValidKey(c.ID) {
		id = fault.Bad("console", "a console has an id of at most %d printable ASCII characters", maxConsoleID)
	}
	return fault.All(checkHospitalID(c.HospitalID), id, permit(ctx, HoldConsole, Record{Hospital: c.HospitalID}))
}

// maxConsoleID is that of a UUID as it is written.
const maxConsoleID = 36

// orZero is what a pointer points at.
func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// A consoleChange changes the open consoles of a hospital that is locked, in the
// store, and returns those that are open then.
type consoleChange func(ctx context.Context, tx Tx, h Hospital, open []Console) (after []Console, err error)

// onConsoles carries out what somebody does with a console.
func (s *Service) onConsoles(ctx context.Context, c Console, operation string, change consoleChange) (lease ConsoleLease, receipt Receipt, err error) {
	call, _ := CallOf(ctx)
	call.Key = "" // what it says goes for now only
	hints, err := s.writeHints(ctx, func(ctx context.Context, tx Tx) error {
		if err := stands(ctx, tx, call.By); err != nil {
			return err
		}
		lease = ConsoleLease{EndsAt: tx.Now() + ConsoleMS}
		heard, moved, err := hearIn(ctx, tx, []string{c.HospitalID}, change)
		if err != nil {
			return err
		}
		if lease.Reach = heard[0].Console; moved == 0 {
			return nil
		}
		return tx.Sign(ctx, call, Deed{Operation: operation, Subject: subjectOf(c.HospitalID), Detail: string(lease.Reach)}, nil)
	})
	if err != nil {
		return ConsoleLease{}, Receipt{}, err
	}
	receipt.Feeds, err = answers(hints)
	return lease, receipt, err
}

// prove is the decision about a proof that is no mere renewal.
func (c Console) prove(ctx context.Context, tx Tx, h Hospital, open []Console) ([]Console, error) {
	if !h.mentioned() {
		return nil, noSuchHospital()
	}
	others, err := c.others(open)
	if err != nil {
		return nil, err
	}
	if len(others) >= MaxConsoles {
		return nil, fault.New(fault.Conflict, "a hospital has at most %d consoles open at once: close one first", MaxConsoles)
	}
	c.EndsAt = tx.Now() + ConsoleMS
	return append(others, c), tx.SaveConsole(ctx, c)
}

// leave is the decision about a console that is closed.
func (c Console) leave(ctx context.Context, tx Tx, _ Hospital, open []Console) ([]Console, error) {
	others, err := c.others(open)
	if err != nil || len(others) == len(open) {
		return others, err
	}
	return others, tx.DropConsole(ctx, c)
}

// others are the open consoles but this one, which nobody takes from whoever
// holds it.
func (c Console) others(open []Console) (others []Console, err error) {
	for _, o := range open {
		switch {
		case o.ID != c.ID:
			others = append(others, o)
		case o.Account != c.Account:
			return nil, fault.New(fault.Conflict, "another account holds this console: open one with an id of its own")
		}
	}
	return others, nil
}

// EndConsoles ends the leases that are over, and returns how many hospitals are
// reached less well than before. Any node may do it at any time: what is over for
// one is over for all, and doing it twice changes nothing.
func (s *Service) EndConsoles(ctx context.Context) (hospitals int, err error) {
	silent, err := s.store.SilentHospitals(ctx)
	if err != nil || len(silent) == 0 {
		return 0, err
	}
	return byRegion(byPrefix(silent), func(ids []string) (moved int, err error) {
		err = s.write(ctx, func(ctx context.Context, tx Tx) error {
			_, moved, err = hearIn(ctx, tx, ids, nil)
			return err
		})
		return moved, err
	})
}

// hearIn settles, in a transaction that is running, what the consoles of some
// hospitals prove: after those whose lease is over are gone, and after a change,
// which may be nil. It returns the hospitals as they are then, and how many of
// them moved.
func hearIn(ctx context.Context, tx Tx, ids []string, change consoleChange) (heard []Hospital, moved int, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	locked, err := tx.LockHospitals(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	var save []Hospital
	for _, id := range ids {
		h := locked[id]
		h.ID = id
		open, err := openConsoles(ctx, tx, id)
		if err == nil && change != nil {
			open, err = change(ctx, tx, h, open)
		}
		if err != nil {
			return nil, 0, err
		}
		h, did := h.hear(open, tx.Now())
		if did {
			h = h.settle(tx.Now())
			save = append(save, h)
		}
		heard = append(heard, h)
	}
	return heard, len(save), tx.SaveHospitals(ctx, save)
}

// openConsoles locks a hospital's consoles, removes those whose lease is over,
// and returns the others.
func openConsoles(ctx context.Context, tx Tx, hospitalID string) (open []Console, err error) {
	all, err := tx.LockConsoles(ctx, hospitalID)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.EndsAt > tx.Now() {
			open = append(open, c)
		} else if err := tx.DropConsole(ctx, c); err != nil {
			return nil, err
		}
	}
	return open, nil
}
