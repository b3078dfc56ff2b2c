package model

import (
	"context"
	"encoding/json"

	"weer/model/feed"
	"weer/model/seal"
)

// Modes of a database, from its creation on.
const (
	Simulated = "simulated" // demo and development; every display says 모의
	Real      = "real"
)

// A Store keeps the rows and runs the transactions. Its promises:
//
//   - Write runs change in one transaction at READ COMMITTED, again as a whole
//     after a deadlock or a lost connection, and cuts it after three seconds.
//     It returns the committed events, one per feed that moved, in name order.
//     With an error nothing was committed, except when the error says that the
//     outcome is unknown; then no event is returned either.
//   - Hospitals reads all hospitals without locks, as of one moment.
//   - Value reads the value of one key of a feed without locks, nil when the key
//     is not there or gone.
//   - Recall reads what a command came to, nil when the key is new; without locks.
//   - EndRun stores a run and, when it was complete, the source's last complete
//     poll, by the database's clock.
type Store interface {
	UnitStore
	AccountStore
	AuditStore
	CaseStore
	ReservationStore
	ConsoleStore
	HookStore
	CapacityStore
	Write(ctx context.Context, change func(context.Context, Tx) error) (epoch string, events []feed.Event, err error)
	Hospitals(ctx context.Context) (map[string]Hospital, error)
	Value(ctx context.Context, feedName, key string) (json.RawMessage, error)
	Recall(ctx context.Context, actor, key string) (*Remembered, error)
	EndRun(ctx context.Context, run Run) error
	FeedStore
}

// A Tx is the only way to change a row. Its calls must come in the lock order
// of the package's comment; one that comes too late is refused with an error.
type Tx interface {
	UnitTx
	AccountTx
	CaseTx
	ReservationTx
	ConsoleTx
	HookTx
	// Now is the database's clock at the transaction's first statement.
	Now() feed.Time
	// LockHospitals locks by writing, in the order of their ids, and returns the
	// rows as they are under the lock. One that does not exist yet is not in
	// the result and may be saved all the same.
	LockHospitals(ctx context.Context, ids []string) (map[string]Hospital, error)
	// SaveHospitals stores hospitals that were locked, and puts or removes the
	// keys of their feeds that differ from before ([Hospital.Keys]).
	SaveHospitals(ctx context.Context, hospitals []Hospital) error
	// Put sets a key of a feed to a value (marshalled to JSON) and Remove
	// removes it, when the transaction commits; the last call for a key counts.
	Put(feedName, key string, value any) error
	Remove(feedName, key string) error
	// Recall reads what a command came to, nil when the actor's key is new.
	Recall(ctx context.Context, actor, key string) (*Remembered, error)
	// Refuse keeps a refusal under a command's key, as Sign does with a result. Of
	// two transactions that use the same key one commits, and the other runs again.
	Refuse(ctx context.Context, call Call, refusal json.RawMessage) error
	// Sign writes down what a call did ([Entry]), and its result under its key
	// when it has one, as the last rows before the feeds. Of two transactions
	// that sign with the same key one commits, and the other runs again and
	// recalls it. A call of nobody is the
	// system's, and one of somebody who has not signed in anonymous.
	Sign(ctx context.Context, call Call, did Deed, result json.RawMessage) error
}

// A Publisher takes committed events in their order. It never blocks and may
// lose.
type Publisher interface {
	Publish(hints ...feed.Hint)
}

// Service is every change there is.
type Service struct {
	store Store
	bus   Publisher
	keys  seal.KeyService // of cases; nil: there are none
	times ReservationTimes
}

// NewService makes a service that announces what it commits.
func NewService(store Store, bus Publisher) *Service {
	return &Service{store: store, bus: bus, times: DefaultReservationTimes}
}

func (s *Service) write(ctx context.Context, change func(context.Context, Tx) error) error {
	_, err := s.writeHints(ctx, change)
	return err
}

// writeHints also returns what it announced.
func (s *Service) writeHints(ctx context.Context, change func(context.Context, Tx) error) ([]feed.Hint, error) {
	epoch, events, err := s.store.Write(ctx, change)
	if err != nil {
		return nil, err
	}
	hints := make([]feed.Hint, len(events))
	for i, e := range events {
		hints[i] = feed.Hint{Epoch: epoch, Event: e}
	}
	s.bus.Publish(hints...)
	return hints, nil
}
