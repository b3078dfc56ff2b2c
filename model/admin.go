package model

import (
	"context"
	"encoding/json"

	"weer/model/fault"
	"weer/model/feed"
)

// Keys of the admin feed: the outcome of each source's last run, and what an
// administrator has to know until it is over.
const (
	runKey   = "run/"
	alertKey = "alert/"
)

type runValue struct {
	StartedAt feed.Time `json:"started_at"`
	EndedAt   feed.Time `json:"ended_at"`
	Rows      int       `json:"rows"`
	Changed   int       `json:"changed"`
	Rejected  int       `json:"rejected"` // how many rows
	Complete  bool      `json:"complete"`
	Error     string    `json:"error,omitempty"`
}

// endRun stores a run. Administrators hear of it when it ended otherwise than
// the one before.
func (s *Service) endRun(ctx context.Context, run Run) error {
	if err := s.store.EndRun(ctx, run); err != nil {
		return err
	}
	var last runValue
	there, err := s.read(ctx, runKey+run.Source, &last)
	if err != nil || there && last.Complete == run.Complete && last.Error == run.Error {
		return err
	}
	return s.administer(ctx, func(tx Tx) error {
		return tx.Put(string(feed.Admin), runKey+run.Source, runValue{
			StartedAt: run.StartedAt, EndedAt: tx.Now(), Rows: run.Rows, Changed: run.Changed,
			Rejected: len(run.Rejected), Complete: run.Complete, Error: run.Error,
		})
	})
}

// A Severity says how much an alert matters.
type Severity string

// The severities.
const (
	Critical Severity = "critical" // screens show less than the truth, or soon will
	Warning  Severity = "warning"  // somebody should look today
)

// An Alert is something that an administrator has to know.
type Alert struct {
	Severity Severity `json:"severity"`
	Text     string   `json:"text"` // what is wrong and what to do; no key, no URL
	Source   string   `json:"source,omitempty"`
}

type alertValue struct {
	Alert
	Since feed.Time `json:"since"`
}

// Alert raises an alert, which stands until [Service.Calm]. Raised again it
// keeps its since; raised again with the same words it writes nothing.
func (s *Service) Alert(ctx context.Context, name string, a Alert) error {
	if err := checkAlert(name, a); err != nil {
		return err
	}
	var held alertValue
	there, err := s.read(ctx, alertKey+name, &held)
	if err != nil || there && held.Alert == a {
		return err
	}
	return s.administer(ctx, func(tx Tx) error {
		since := held.Since
		if !there {
			since = tx.Now()
		}
		return tx.Put(string(feed.Admin), alertKey+name, alertValue{a, since})
	})
}

// Calm ends an alert. One that does not stand changes nothing.
func (s *Service) Calm(ctx context.Context, name string) error {
	there, err := s.read(ctx, alertKey+name, new(alertValue))
	if err != nil || !there {
		return err
	}
	return s.administer(ctx, func(tx Tx) error { return tx.Remove(string(feed.Admin), alertKey+name) })
}

// AlertWhile raises an alert for as long as something is so, and ends it when it
// is not.
func (s *Service) AlertWhile(ctx context.Context, so bool, name string, a Alert) error {
	if so {
		return s.Alert(ctx, name, a)
	}
	return s.Calm(ctx, name)
}

func checkAlert(name string, a Alert) error {
	switch {
	case name == "" || len(name) > maxSource || !feed.ValidKey(alertKey+name):
		return fault.Bad("name", "an alert has a name of at most %d printable ASCII characters", maxSource)
	case a.Severity != Critical && a.Severity != Warning:
		return fault.Bad("severity", "an alert is %s or %s, not %.20q", Critical, Warning, string(a.Severity))
	case a.Text == "" || !Printable(a.Text, MaxReason):
		return fault.Bad("text", "an alert says what is wrong, in at most %d characters", MaxReason)
	}
	return nil
}

// read looks at a key of the admin feed without locks. It saves a transaction
// that would say nothing new; of two nodes that look at once, the later one's
// words stand.
func (s *Service) read(ctx context.Context, key string, value any) (there bool, err error) {
	held, err := s.store.Value(ctx, string(feed.Admin), key)
	if err != nil || held == nil {
		return false, err
	}
	return true, json.Unmarshal(held, value)
}

func (s *Service) administer(ctx context.Context, change func(Tx) error) error {
	return s.write(ctx, func(_ context.Context, tx Tx) error { return change(tx) })
}
