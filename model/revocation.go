package model

import (
	"encoding/json"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// Keys of the system feed: what took rights back. Each is written in the
// transaction that takes them, and stays for as long as any token that it voids
// may be in use.
const (
	accountCut = "account/"
	sessionCut = "session/"
	keyCut     = "key/"
)

// A cutValue voids what is older than a version.
type cutValue struct {
	Version uint64    `json:"version"`
	Code    string    `json:"code"` // of fault.Table: what a client does about it
	At      feed.Time `json:"at"`
}

// cut voids the tokens of an account, a session or an API key on all nodes.
func cut(tx Tx, kind, id string, version uint64, code fault.Code) error {
	return tx.Put(string(feed.System), kind+id, cutValue{version, string(code), tx.Now()})
}

// CutKeepMS is how long a cut stays on the system feed: longer than any access
// token lives, and than a node that cannot reach its database keeps a screen.
const CutKeepMS = 48 * 60 * 60_000

// CutCodes are the codes with which rights are taken back.
var CutCodes = []fault.Code{fault.Revoked, fault.SignedOut, fault.RightsChanged}

// Revocations are what the system feed holds: a state, so that whoever was deaf
// for a while judges right as soon as it has caught up. The zero value has
// revoked nothing.
type Revocations struct{ cuts map[string]cutValue }

// ReadRevocations reads the state of the system feed. Keys that are no
// revocations are passed over.
func ReadRevocations(live []feed.Entry) (r Revocations, err error) {
	r.cuts = make(map[string]cutValue, len(live))
	for _, e := range live {
		if kind, _, ok := strings.Cut(e.Key, "/"); !ok || kind+"/" != accountCut && kind+"/" != sessionCut && kind+"/" != keyCut {
			continue
		}
		var v cutValue
		if err := json.Unmarshal(e.Value, &v); err != nil {
			return Revocations{}, err
		}
		r.cuts[e.Key] = v
	}
	return r, nil
}

// Check returns why a principal has no rights any more, nil when it still has
// them: a fault with one of [CutCodes]. A token that was made by hand is of no
// account and cannot be revoked; it ends with its key or its time.
func (r Revocations) Check(p Principal) error {
	if p.Key != "" {
		return r.check(keyCut+p.Key, 0)
	}
	if p.Session == "" {
		return nil
	}
	if err := r.check(sessionCut+p.Session, p.SessionVersion); err != nil {
		return err
	}
	return r.check(accountCut+p.Subject, p.Version)
}

func (r Revocations) check(key string, version uint64) error {
	v, ok := r.cuts[key]
	if !ok || version >= v.Version {
		return nil
	}
	return cutFault(fault.Code(v.Code))
}

func cutFault(code fault.Code) error { return fault.New(code, "%s", code.Row().Meaning) }
