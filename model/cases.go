package model

import (
	"context"
	"encoding/json"
	"fmt"

	"weer/model/fault"
	"weer/model/seal"
)

// Times of cases, in milliseconds.
const (
	CaseShownMS = 12 * 60 * 60_000 // a closed case stays on the feeds
	CaseLongMS  = 24 * 60 * 60_000 // a case that is open for longer is an alert: somebody forgot it, or was forgotten
	CaseKeepMS  = 72 * 60 * 60_000 // by default a case's key is destroyed so long after it was closed
)

// A CaseQuery says which cases are wanted, the oldest first.
type CaseQuery struct {
	Units, Regions []string // of one of these units or regions; nil is none, both nil are all
	Open           bool     // only those that go on
	After          string   // id of the last one of the page before
	Most           int
}

// A CaseStore is what cases need of a [Store]. None of it takes locks; what
// there is not is nil.
type CaseStore interface {
	Case(ctx context.Context, id string) (*Case, error)
	Cases(ctx context.Context, q CaseQuery) ([]Case, error)
	// CaseKey is a case's wrapped key, nil when it was destroyed.
	CaseKey(ctx context.Context, id string) ([]byte, error)
	// StaleCases are closed cases that are still on the feeds, or still have a
	// key, for longer than that.
	StaleCases(ctx context.Context, shownMS, keepMS int64) (hide, destroy []string, err error)
	// LongCases counts cases that have been open for longer.
	LongCases(ctx context.Context, openMS int64) (int, error)
}

// A CaseTx is what cases need of a [Tx]. A case is locked behind its unit and
// before everything else.
type CaseTx interface {
	// LockCase locks by writing and reads under the lock; nil when there is none
	// of that id. One case a transaction.
	LockCase(ctx context.Context, id string) (*Case, error)
	// SaveCase stores one that was locked, or a new one.
	SaveCase(ctx context.Context, c Case) error
	// AddCaseKey keeps a new case's wrapped key, and DropCaseKey destroys it.
	AddCaseKey(ctx context.Context, id string, wrapped []byte) error
	DropCaseKey(ctx context.Context, id string) error
	// OpenCases counts a unit's that go on; its unit is locked.
	OpenCases(ctx context.Context, unit string) (int, error)
}

// WithKeys gives a service what wraps the keys of cases. Without it there are no
// cases.
func (s *Service) WithKeys(k seal.KeyService) *Service {
	s.keys = k
	return s
}

// An Opened is the reference to a case that was opened.
type Opened struct {
	ID string `json:"id"`
	// Others is how many other cases of the unit go on: usually a mistake, and
	// never refused.
	Others int `json:"others,omitempty"`
}

// OpenCase opens a case of a unit, under an id that the caller made. Every field
// that is wrong is named at once. NotFound: there is no such unit, or it is not
// the caller's. Conflict: it is out of service. The receipt's result is an
// [Opened].
func (s *Service) OpenCase(ctx context.Context, c Case, clinical Clinical) (Receipt, error) {
	if err := fault.All(c.Triage.check(), clinical.check()); err != nil {
		return Receipt{}, err
	}
	key := seal.NewKey()
	wrapped, err := s.wrap(ctx, c, key)
	if err != nil {
		return Receipt{}, err
	}
	if c.Sealed, err = sealed(c, key, clinical); err != nil {
		return Receipt{}, err
	}
	c.Version, c.State, c.Shown = 1, CaseOpen, true
	made := Opened{ID: c.ID}
	return s.act(ctx, caseDeed("case.open", &c), func(ctx context.Context, tx Tx) error {
		u, err := tx.LockUnit(ctx, c.Unit)
		if err != nil || u == nil {
			return orElse(err, noSuchUnit())
		}
		c.Region, c.OpenedAt, c.MovedAt = u.Region, tx.Now(), tx.Now()
		c.Command = s.moment(ctx, tx.Now()).Command
		switch {
		case mayEach(ctx, WriteCases, c.Record()) != nil:
			return noSuchUnit()
		case !u.Active:
			return &fault.Error{Code: fault.Conflict, Field: "unit", Message: "this unit is out of service: the control room puts it back"}
		}
		if made.Others, err = tx.OpenCases(ctx, c.Unit); err != nil {
			return err
		}
		return firstError(
			func() error { return tx.SaveCase(ctx, c) },
			func() error { return tx.AddCaseKey(ctx, c.ID, wrapped) },
			func() error { return c.show(tx) },
		)
	}, func() any { return made })
}

func caseDeed(operation string, c *Case) func() Deed {
	return func() Deed {
		return Deed{Operation: operation, Subject: "case/" + c.ID, Detail: fmt.Sprintf("version %d", c.Version)}
	}
}

func (s *Service) wrap(ctx context.Context, c Case, key []byte) ([]byte, error) {
	if s.keys == nil {
		return nil, fault.New(fault.Unavailable, "this node has no key service for cases")
	}
	return s.keys.Wrap(ctx, c.about(), key)
}

func sealed(c Case, key []byte, clinical Clinical) ([]byte, error) {
	text, err := json.Marshal(clinical)
	if err != nil {
		return nil, err
	}
	return seal.Seal(key, c.about(), text)
}

// unsealed reads the clinical part. Gone: its key was destroyed.
func (s *Service) unsealed(ctx context.Context, c Case) (clinical Clinical, key []byte, err error) {
	wrapped, err := s.store.CaseKey(ctx, c.ID)
	switch {
	case err != nil:
		return clinical, nil, err
	case wrapped == nil || c.Sealed == nil:
		return clinical, nil, fault.New(fault.Gone, "the clinical part of this case was destroyed, as it has to be some days after the case")
	case s.keys == nil:
		return clinical, nil, fault.New(fault.Unavailable, "this node has no key service for cases")
	}
	if key, err = s.keys.Unwrap(ctx, c.about(), wrapped); err != nil {
		return clinical, nil, err
	}
	text, err := seal.Open(key, c.about(), c.Sealed)
	if err != nil {
		return clinical, nil, err
	}
	return clinical, key, json.Unmarshal(text, &clinical)
}

// ReadCase shows a case with its clinical part, when it stands: the read is
// written down before anything of it is handed out. NotFound: there is none, or
// it is not the caller's. Of a case whose clinical part was destroyed, destroyed
// is true and the part empty.
func (s *Service) ReadCase(ctx context.Context, id string) (c Case, clinical Clinical, destroyed bool, err error) {
	if c, err = s.ownCase(ctx, ReadCases, id); err != nil {
		return Case{}, clinical, false, err
	}
	return s.readCase(ctx, c, "")
}

// readCase shows a case that its reader may see; by says as what, when it is not
// as its own.
func (s *Service) readCase(ctx context.Context, c Case, by string) (_ Case, clinical Clinical, destroyed bool, err error) {
	did := caseDeed("case.read", &c)()
	if by != "" {
		did.Detail += ", " + by
	}
	if err = s.witness(ctx, did); err != nil {
		return Case{}, clinical, false, err
	}
	clinical, _, err = s.unsealed(ctx, c)
	if fault.Is(err, fault.Gone) {
		return c, clinical, true, nil
	}
	return c, clinical, false, err
}

// CaseOf is a case without its clinical part. NotFound: there is none, or it is
// not the caller's.
func (s *Service) CaseOf(ctx context.Context, id string) (Case, error) {
	return s.ownCase(ctx, ReadCases, id)
}

// ownCase finds a case that the caller has a right to; another's is not there.
func (s *Service) ownCase(ctx context.Context, r Right, id string) (Case, error) {
	c, err := s.store.Case(ctx, id)
	if err != nil || c == nil {
		return Case{}, orElse(err, noSuchCase())
	}
	if mayEach(ctx, r, c.Record()) != nil {
		return Case{}, noSuchCase()
	}
	return *c, nil
}

// Cases are the triage of cases that the caller may read, by id, which is the
// order of their opening.
func (s *Service) Cases(ctx context.Context, q CaseQuery) ([]Case, error) {
	call, _ := CallOf(ctx)
	if !call.By.MaySome(ReadCases) {
		return nil, forbidden()
	}
	q.Units, q.Regions, _ = call.By.within()
	return s.store.Cases(ctx, q)
}

// A CaseChange is what is changed of a case; nil leaves it as it is.
type CaseChange struct {
	Triage   func(*Triage)
	Clinical func(*Clinical)
}

// ChangeCase changes a case of a version, 0 is any. What hospitals are asked, or
// have said yes to, is the patient as it is now: a worse one they have to
// acknowledge. What says nothing new changes nothing. PreconditionFailed: it was
// changed since; the error names what. Conflict: it is closed.
func (s *Service) ChangeCase(ctx context.Context, id string, version uint64, change CaseChange) (after Case, r Receipt, err error) {
	before, err := s.ownCase(ctx, WriteCases, id)
	if err != nil {
		return after, r, err
	}
	clinical, key, err := s.unsealed(ctx, before)
	if err != nil {
		return after, r, err
	}
	triage, was := before.Triage, clinical
	if change.Triage != nil {
		change.Triage(&triage)
	}
	if change.Clinical != nil {
		change.Clinical(&clinical)
	}
	if err := fault.All(triage.check(), clinical.check()); err != nil {
		return after, r, err
	}
	text, err := sealed(before, key, clinical)
	if err != nil {
		return after, r, err
	}
	after = before
	r, err = s.onDocket(ctx, before, caseDeed("case.change", &after), nowhere, func(sc *scene) error {
		if err := sc.mayChange(before.Version, version); err != nil {
			return err
		}
		worse := triage.worse(sc.Case.Triage)
		parts := sc.Case.assess(triage)
		if clinical != was {
			sc.Case.Sealed, parts = text, append(parts, "clinical")
		}
		if len(parts) > 0 {
			sc.Case.touched(sc.Moment, parts...)
			sc.change(worse, sc.Moment)
		}
		after = sc.Case
		return nil
	}, func() any { return Made{id} })
	return after, r, err
}

// mayChange refuses a change that was made of an older condition than that which
// stands: read is what it was made of, named what its caller knew, 0 for
// whatever there is.
func (sc *scene) mayChange(read, named uint64) error {
	if named == 0 {
		named = read
	}
	return firstError(
		sc.open,
		func() error { return sc.Case.sameSince(named, "If-Match") },
		func() error { return sc.Case.sameSince(read, "If-Match") },
	)
}

// CloseCase ends a case, and all that goes on of it: the patient has arrived, or
// it is canceled.
func (s *Service) CloseCase(ctx context.Context, id string, version uint64, how CaseState) (after Case, r Receipt, err error) {
	if how != CaseArrived && how != CaseCanceled {
		return after, r, fault.Bad("state", "is %s or %s", CaseArrived, CaseCanceled)
	}
	before, err := s.ownCase(ctx, WriteCases, id)
	if err != nil {
		return after, r, err
	}
	after = before
	r, err = s.onDocket(ctx, before, caseDeed("case.close", &after), everywhere, func(sc *scene) error {
		if err := sc.mayChange(sc.Case.Version, version); err != nil {
			return err
		}
		if err := sc.close(how, sc.Moment); err != nil {
			return err
		}
		after = sc.Case
		return nil
	}, func() any { return Made{id} })
	return after, r, err
}

// TidyCases takes closed cases off the feeds and destroys the keys of those that
// are kept long enough, and tells administrators of cases that nobody closes.
// Any node may do it at any time; doing it twice changes nothing.
func (s *Service) TidyCases(ctx context.Context, keepMS int64) (hidden, destroyed int, err error) {
	hide, destroy, err := s.store.StaleCases(ctx, CaseShownMS, keepMS)
	if err != nil {
		return 0, 0, err
	}
	for _, id := range hide {
		hide := func(_ context.Context, _ Tx, c *Case) error { c.Shown = false; return nil }
		if err := s.tidy(ctx, id, "case.hide", hide); err != nil {
			return hidden, destroyed, err
		}
		hidden++
	}
	for _, id := range destroy {
		if err := s.tidy(ctx, id, "case.destroy", destroyCase); err != nil {
			return hidden, destroyed, err
		}
		destroyed++
	}
	return hidden, destroyed, s.alertLong(ctx)
}

func destroyCase(ctx context.Context, tx Tx, c *Case) error {
	c.Sealed, c.Shown = nil, false
	return tx.DropCaseKey(ctx, c.ID)
}

func (s *Service) tidy(ctx context.Context, id, operation string, change func(context.Context, Tx, *Case) error) error {
	of, err := s.store.Case(ctx, id)
	if err != nil || of == nil {
		return err
	}
	_, err = s.act(ctx, func() Deed { return Deed{Operation: operation, Subject: "case/" + id} }, func(ctx context.Context, tx Tx) error {
		sc, err := s.enter(ctx, tx, *of, nowhere)
		if err != nil || sc.Case.State == CaseOpen {
			return err
		}
		if err := change(ctx, tx, &sc.Case); err != nil {
			return err
		}
		return sc.leave(ctx, tx)
	}, nil)
	return err
}

const longCases = "cases" // the alert's name

func (s *Service) alertLong(ctx context.Context) error {
	n, err := s.store.LongCases(ctx, CaseLongMS)
	if err != nil {
		return err
	}
	return s.AlertWhile(ctx, n > 0, longCases, Alert{Severity: Warning, Text: fmt.Sprintf("%d cases have been open for more than a day: ask their units, and close them", n)})
}

func noSuchCase() error { return fault.New(fault.NotFound, "there is no such case") }
