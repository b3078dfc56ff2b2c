package model

import (
	"context"
	"encoding/json"
	"errors"

	"weer/model/fault"
	"weer/model/feed"
)

// A Call is who asks for something, from where, and as which command. It
// travels in the context ([WithCall]) from the edge to the transaction, where
// the audit is written; what nobody asked for (a poll, an expiry) has none.
type Call struct {
	By      Principal
	From    string // the caller's address (접속지)
	Request string // the request's id, as in logs
	// Key is the Idempotency-Key of a command, "" without one, and Digest the
	// hash of everything that the command says: a key stands for one command.
	Key, Digest string
	// Reason is why, where an operation asks for it (an export, a rejection).
	Reason string
}

type callKey struct{}

// WithCall makes the context of a call.
func WithCall(ctx context.Context, c Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// CallOf returns the context's call; ok is false when nobody asked.
func CallOf(ctx context.Context) (c Call, ok bool) {
	c, ok = ctx.Value(callKey{}).(Call)
	return c, ok
}

// A Deed is what a call did, as the audit keeps it. It names records and never
// holds what is in them.
type Deed struct {
	// Operation is what was done (수행업무), as in "correction.set".
	Operation string
	// Subject is whom it concerns (처리한 정보주체), as kind/id: case/0197…,
	// user/0197…, hospital/A1100001. "" when it concerns nobody.
	Subject string
	// Detail tells more of how, without values: the item, the field, the role.
	Detail string
}

// An Entry is a row of the audit: the five fields that the law asks for
// (식별자, 접속일시, 접속지 정보, 처리한 정보주체 정보, 수행업무) and what explains them.
type Entry struct {
	ID        string // UUIDv7
	At        feed.Time
	Actor     string // [Principal.Actor]; "system" for what nobody asked for
	From      string
	Subject   string
	Operation string
	Detail    string
	Reason    string
	Request   string
}

// A Receipt says what a command came to: what its answer names.
type Receipt struct {
	// Result is a reference to what was made, as JSON without any clinical or
	// secret value: it is kept for a day under the command's key.
	Result json.RawMessage
	// Feeds are what the command came to in each feed that it changed, in name
	// order, for whoever may read that feed ([Principal.MayRead]); none when the
	// command is replayed, because the feeds have moved on since.
	Feeds []feed.Answer
	// Replayed says that the command was carried out before, and that this is
	// what it came to then.
	Replayed bool
}

// act carries out a command that somebody asked for: in one transaction the
// change, the audit's entry, and the receipt under the command's key. A command
// whose key was used returns the receipt of the first time and changes nothing;
// KeyReused when the command is another one. result is asked after the change
// and may be nil. Whoever asks must still have its rights: see stands.
//
// A refusal is kept under the key as well, before anybody is told: an earlier try
// of the same command may still be on its way, and must not be carried out after
// its caller was told no.
//
// The audit's row and the key's are written after the change's own rows and
// before the feeds, so the order of locks holds.
func (s *Service) act(ctx context.Context, did func() Deed, change func(context.Context, Tx) error, result func() any) (Receipt, error) {
	call, _ := CallOf(ctx)
	var receipt Receipt
	hints, err := s.writeHints(ctx, func(ctx context.Context, tx Tx) error {
		if err := stands(ctx, tx, call.By); err != nil {
			return err
		}
		held, err := recall(ctx, tx, call)
		if err != nil || held != nil {
			receipt = replayed(held)
			return err
		}
		receipt = Receipt{}
		if err := change(ctx, tx); err != nil {
			return err
		}
		if result != nil {
			receipt.Result = mustJSON(result())
		}
		return tx.Sign(ctx, call, did(), receipt.Result)
	})
	if refuses(call, err) {
		return s.refuse(ctx, call, err)
	}
	if err != nil {
		return s.carriedOut(ctx, call, err)
	}
	if !receipt.Replayed {
		receipt.Feeds, err = answers(hints)
	}
	return receipt, err
}

// Carried reports whether the context's command was carried out before, so that
// its receipt answers whatever has become of its subject. KeyReused: the key was
// another command's.
func (s *Service) Carried(ctx context.Context) (bool, error) {
	call, _ := CallOf(ctx)
	held, err := recall(ctx, s.store, call)
	return held != nil, err
}

// answers are what a change came to in each feed that moved.
func answers(hints []feed.Hint) ([]feed.Answer, error) {
	answers := make([]feed.Answer, len(hints))
	for i, h := range hints {
		keys, err := h.Entries()
		if err != nil {
			return nil, err
		}
		answers[i] = feed.Answer{Feed: h.Feed, Epoch: h.Epoch, Seq: h.To, Keys: keys}
	}
	return answers, nil
}

// carriedOut looks once more at the key of a command that failed: its twin may
// have been faster, and then the failure is only that.
func (s *Service) carriedOut(ctx context.Context, call Call, failed error) (Receipt, error) {
	held, err := recall(ctx, s.store, call)
	switch {
	case fault.Is(err, fault.KeyReused):
		return Receipt{}, err
	case err != nil || held == nil:
		return Receipt{}, failed
	}
	return replayed(held), nil
}

// witness writes down a read of what not everybody may read, before anything of
// it is handed out: what cannot be written down is not shown.
func (s *Service) witness(ctx context.Context, did Deed) error {
	call, _ := CallOf(ctx)
	return s.write(ctx, func(ctx context.Context, tx Tx) error {
		call.Key = "" // a read is no command
		return tx.Sign(ctx, call, did, nil)
	})
}

func replayed(held *Remembered) Receipt {
	if held == nil {
		return Receipt{}
	}
	return Receipt{Result: held.Result, Replayed: true}
}

// refuses reports whether an error is a refusal that holds for its command: to be
// told the same again, whatever has become true since.
func refuses(call Call, err error) bool {
	var e *fault.Error
	return call.Key != "" && errors.As(err, &e) && e.Code != fault.KeyReused && e.Code.Row().Action == fault.ActionNone
}

// refuse keeps a refusal under its command's key. When another try of the command
// was faster, what that came to counts.
func (s *Service) refuse(ctx context.Context, call Call, refused error) (receipt Receipt, err error) {
	text := refusalOf(refused)
	err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		held, err := recall(ctx, tx, call)
		if receipt = replayed(held); err != nil || held != nil {
			return err
		}
		return tx.Refuse(ctx, call, text)
	})
	switch {
	case err != nil:
		return Receipt{}, err
	case receipt.Replayed:
		return receipt, nil
	}
	return Receipt{}, refused
}

// A refusal is a [fault.Error] as it is kept.
type refusal struct {
	Code    fault.Code    `json:"code"`
	Message string        `json:"message"`
	Field   string        `json:"field,omitempty"`
	Fields  []fault.Field `json:"fields,omitempty"`
}

// longestRefusal is what the store has room for, in bytes: the fields are left
// out where they are too many.
const longestRefusal = 4000

func refusalOf(err error) json.RawMessage {
	e := fault.Public(err)
	kept := refusal{e.Code, e.Message, e.Field, e.Fields}
	text := mustJSON(kept)
	if len(text) > longestRefusal {
		kept.Fields = nil
		text = mustJSON(kept)
	}
	return text
}

func (r refusal) err() error {
	return &fault.Error{Code: r.Code, Message: r.Message, Field: r.Field, Fields: r.Fields}
}

// A Remembered is what a command came to, under its key: a result, or a refusal.
type Remembered struct {
	Digest  string
	Result  json.RawMessage
	Refusal json.RawMessage // empty when it was carried out
}

// recall is what a call's command came to, nil for a new key and without one;
// with or without locks. The error of one that was refused is its refusal.
func recall(ctx context.Context, from interface {
	Recall(ctx context.Context, actor, key string) (*Remembered, error)
}, call Call) (*Remembered, error) {
	if call.Key == "" {
		return nil, nil
	}
	held, err := from.Recall(ctx, call.By.Actor(), call.Key)
	if err == nil && held != nil && held.Digest != call.Digest {
		return nil, keyReused()
	}
	if err != nil || held == nil || len(held.Refusal) == 0 {
		return held, err
	}
	var refused refusal
	if err := json.Unmarshal(held.Refusal, &refused); err != nil {
		return nil, err
	}
	return nil, refused.err()
}

func keyReused() error {
	return &fault.Error{Code: fault.KeyReused, Field: "Idempotency-Key", Message: "this key was used for another command: make a new one for each command"}
}
