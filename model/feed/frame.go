package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"weer/model/fault"
)

// Protocol is the WebSocket subprotocol.
const Protocol = "weer.v1"

// Types of the frames that a client sends.
const (
	TypeAuth        = "auth"
	TypeSubscribe   = "subscribe"
	TypeUnsubscribe = "unsubscribe"
	TypeAck         = "ack"
	TypePing        = "ping"
)

// MaxAcks is how many things one ack frame speaks of.
const MaxAcks = 32

// Types of the frames that the server sends.
const (
	TypeWelcome = "welcome"
	TypeReset   = "reset"
	TypeResumed = "resumed"
	TypeEvent   = "event"
	TypeBeat    = "beat"
	TypeError   = "error"
	TypeBye     = "bye"
)

// Reasons of a reset.
const (
	ReasonAsked    = "asked"    // the client named no cursor
	ReasonDigest   = "digest"   // the client's board was disproved
	ReasonEpoch    = "epoch"    // the cursor is of another history
	ReasonTooOld   = "too_old"  // the cursor lies before the oldest event kept
	ReasonFuture   = "future"   // the cursor lies beyond the feed
	ReasonRepaired = "repaired" // the server found its own state wrong and loaded it again
)

// A ClientFrame is any frame of a client; Type says which fields it may have.
type ClientFrame struct {
	Type  string  `json:"type"`
	Token string  `json:"token,omitempty"` // auth
	Feed  string  `json:"feed,omitempty"`  // subscribe, unsubscribe
	Epoch string  `json:"epoch,omitempty"` // subscribe, with Seq: the cursor to resume from
	Seq   *uint64 `json:"seq,omitempty"`
	Cause string  `json:"cause,omitempty"` // subscribe without a cursor: ReasonDigest when the last board was disproved
	Acks  []Ack   `json:"acks,omitempty"`  // ack, with Feed: a hospital's
}

// An Ack says how far one request of a hospital's feed has come to the people
// there.
type Ack struct {
	ID   string `json:"id"`   // of the reservation
	Rung string `json:"rung"` // pushed, shown, sounded, opened
}

// DecodeClient reads and checks a client's frame. The error is a
// *fault.Error: BadFrame when it is no JSON object, UnknownType, or Invalid
// with the field's name.
func DecodeClient(b []byte) (ClientFrame, error) {
	var f ClientFrame
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return f, explain(err)
	}
	if rest := bytes.TrimSpace(b[dec.InputOffset():]); len(rest) > 0 {
		return f, fault.New(fault.BadFrame, "one JSON object per frame")
	}
	return f, f.check()
}

func explain(err error) error {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) && typed.Field != "" {
		return fault.Bad(typed.Field, "%s has the wrong type", typed.Field)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		if len(name) > 40 {
			name = name[:40]
		}
		return fault.Bad(name, "weer.v1 has no field of this name")
	}
	return fault.Wrap(fault.BadFrame, err, "the frame is not a JSON object of weer.v1")
}

func (f ClientFrame) check() error {
	var allowed string
	switch f.Type {
	case TypeAuth:
		allowed = "token"
		if f.Token == "" {
			return fault.Bad("token", "auth needs a token")
		}
	case TypeSubscribe:
		allowed = "feed epoch seq cause"
		if f.Feed == "" {
			return fault.Bad("feed", "subscribe needs a feed")
		}
		if (f.Epoch == "") != (f.Seq == nil) {
			return fault.Bad("seq", "a cursor is epoch and seq together")
		}
		if f.Seq != nil && *f.Seq > MaxSeq {
			return fault.Bad("seq", "seq is at most 2^53-1")
		}
		if f.Cause != "" && f.Cause != ReasonDigest {
			return fault.Bad("cause", "the only cause is %q", ReasonDigest)
		}
	case TypeUnsubscribe:
		allowed = "feed"
		if f.Feed == "" {
			return fault.Bad("feed", "unsubscribe needs a feed")
		}
	case TypeAck:
		allowed = "feed acks"
		if err := f.checkAcks(); err != nil {
			return err
		}
	case TypePing:
	case "":
		return fault.Bad("type", "a frame needs a type")
	default:
		return &fault.Error{Code: fault.UnknownType, Field: "type", Message: "types are auth, subscribe, unsubscribe, ack, ping"}
	}
	for _, p := range []struct {
		name string
		set  bool
	}{{"token", f.Token != ""}, {"feed", f.Feed != ""}, {"epoch", f.Epoch != ""}, {"seq", f.Seq != nil}, {"cause", f.Cause != ""}, {"acks", f.Acks != nil}} {
		if p.set && !strings.Contains(" "+allowed+" ", " "+p.name+" ") {
			return fault.Bad(p.name, "%s has no %s", f.Type, p.name)
		}
	}
	return nil
}

func (f ClientFrame) checkAcks() error {
	if f.Feed == "" {
		return fault.Bad("feed", "ack needs the feed of a hospital")
	}
	if len(f.Acks) == 0 || len(f.Acks) > MaxAcks {
		return fault.Bad("acks", "an ack speaks of 1 to %d requests", MaxAcks)
	}
	for i, a := range f.Acks {
		if a.ID == "" || !ValidKey(a.ID) {
			return fault.Bad(fmt.Sprintf("acks[%d].id", i), "names a request of the feed")
		}
	}
	return nil
}

// Welcome answers auth, also when a token is renewed in band.
type Welcome struct {
	Type      string            `json:"type"`
	Protocol  string            `json:"protocol"`
	Build     string            `json:"build"`
	Mode      string            `json:"mode"` // simulated or real
	Epoch     string            `json:"epoch"`
	At        Time              `json:"at"`      // the server's clock
	Subject   string            `json:"subject"` // whose token it was
	Role      string            `json:"role"`
	ExpiresAt Time              `json:"expires_at"` // when the token must be renewed
	Limits    Limits            `json:"limits"`
	Timings   Timings           `json:"timings"`
	Sources   map[string]Source `json:"sources"`
}

// Reset gives the whole state; the reader discards all that it held.
type Reset struct {
	Type   string  `json:"type"`
	Feed   string  `json:"feed"`
	Epoch  string  `json:"epoch"`
	Seq    uint64  `json:"seq"`
	Digest Digest  `json:"digest"`
	Reason string  `json:"reason"`
	Keys   []Entry `json:"keys"` // live keys, sorted
}

// Resumed says that the history goes on from the client's cursor; the events
// after it follow.
type Resumed struct {
	Type  string `json:"type"`
	Feed  string `json:"feed"`
	Epoch string `json:"epoch"`
	Seq   uint64 `json:"seq"` // the client's cursor
}

// EventFrame is an Event on the wire.
type EventFrame struct {
	Type string          `json:"type"`
	Feed string          `json:"feed"`
	From uint64          `json:"from"`
	To   uint64          `json:"to"`
	Keys json.RawMessage `json:"keys"`
}

// Beat stands directly behind the events up to the feed's head, so a receiver
// is exactly at Seq and either has Digest or is wrong.
type Beat struct {
	Type       string            `json:"type"`
	Feed       string            `json:"feed"`
	Epoch      string            `json:"epoch"`
	Seq        uint64            `json:"seq"`
	Digest     Digest            `json:"digest"`
	At         Time              `json:"at"`                 // the server's clock
	VerifiedAt Time              `json:"verified_at"`        // when the hub last asked the database; null: never yet
	Unproved   bool              `json:"unproved,omitempty"` // the hub found this feed's digest wrong twice; a repair is needed
	Sources    map[string]Source `json:"sources"`
}

// ErrorFrame reports a fault that leaves the connection open, or stands before
// a close with the same code.
type ErrorFrame struct {
	Type    string     `json:"type"`
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Field   string     `json:"field,omitempty"`
	Feed    string     `json:"feed,omitempty"`
}

// Bye announces the close of a draining node.
type Bye struct {
	Type         string     `json:"type"`
	Code         fault.Code `json:"code"`
	RetryAfterMS int64      `json:"retry_after_ms"`
}

// DecodeServer reads a frame of the server and returns one of *Welcome, *Reset,
// *Resumed, *EventFrame, *Beat, *ErrorFrame, *Bye. A type that is not known
// yields nil without an error, so that a newer server may say more.
func DecodeServer(b []byte) (any, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("frame is not JSON: %w", err)
	}
	var f any
	switch head.Type {
	case TypeWelcome:
		f = new(Welcome)
	case TypeReset:
		f = new(Reset)
	case TypeResumed:
		f = new(Resumed)
	case TypeEvent:
		f = new(EventFrame)
	case TypeBeat:
		f = new(Beat)
	case TypeError:
		f = new(ErrorFrame)
	case TypeBye:
		f = new(Bye)
	default:
		return nil, nil
	}
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("%s frame: %w", head.Type, err)
	}
	return f, nil
}
