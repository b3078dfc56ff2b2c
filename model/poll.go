package model

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"weer/model/fault"
	"weer/model/feed"
)

// SourceBeds is the name of E-Gen's operation 1 among the sources.
const SourceBeds = "egen.beds"

// An Observation is what a source says of one hospital at one time.
type Observation struct {
	HospitalID string
	Name       string
	Tel        string
	ObservedAt feed.Time // 0: the source's time could not be read
	Readings   Readings
}

// Longest texts of a hospital, in characters; MySQL would refuse longer ones.
const (
	MaxName = 400
	MaxTel  = 200
)

// check refuses what no row can hold, so that one bad row never costs its
// region the others.
func (o Observation) check() error {
	if _, ok := RegionOfHospital(o.HospitalID); !ok {
		return fault.Bad("hpid", "%.20q is no hospital id of a known region", o.HospitalID)
	}
	if !Printable(o.Name, MaxName) {
		return fault.Bad("dutyName", "%s: the name is longer than %d characters or has control characters", o.HospitalID, MaxName)
	}
	if !Printable(o.Tel, MaxTel) {
		return fault.Bad("dutyTel3", "%s: the telephone number is longer than %d characters or has control characters", o.HospitalID, MaxTel)
	}
	for code := range o.Readings {
		if _, ok := ItemByCode(code); !ok {
			return fault.Bad("readings", "%s: there is no item %.40q", o.HospitalID, code)
		}
	}
	return nil
}

// Printable reports whether s is UTF-8 of at most the given number of
// characters and without control characters, which databases treat differently.
func Printable(s string, most int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	return !strings.ContainsFunc(s, unicode.IsControl)
}

// A Poll is one answer of a source for the whole country.
type Poll struct {
	Source       string
	StartedAt    feed.Time
	IntervalMS   int64
	Observations []Observation
	// Complete says that the answer held as many rows as it announced. Only a
	// complete poll counts as one, and only then is absence believed.
	Complete bool
	Rejected []string // rows that could not be used, and why
}

// A Run is the record of one poll.
type Run struct {
	ID         string // UUIDv7
	Source     string
	StartedAt  feed.Time
	IntervalMS int64
	Rows       int // observations in the answer
	Changed    int // hospitals whose keys moved
	Rejected   []string
	Complete   bool   // all rows fetched and all regions committed
	Error      string // why it was not complete; no key, no URL
}

// RecordPoll takes a poll into the database, one transaction per region, and
// ends its run. A poll in which no number and no source's time moved writes the
// run and nothing else. A region that fails does not stop the others, but the
// run is then not complete.
func (s *Service) RecordPoll(ctx context.Context, runID string, p Poll) (Run, error) {
	run := Run{ID: runID, Source: p.Source, StartedAt: p.StartedAt, IntervalMS: p.IntervalMS, Rows: len(p.Observations), Rejected: p.Rejected}
	held, err := s.store.Hospitals(ctx)
	if err != nil {
		return run, err
	}
	seen, rejected := byHospital(p.Observations)
	run.Rejected = append(run.Rejected, rejected...)
	changed, failed := s.recordRegions(ctx, movedByRegion(held, seen, p.Complete), seen, p.Complete)
	run.Changed = changed
	switch {
	case failed != nil:
		run.Error = fault.Public(failed).Message
	case !p.Complete:
		run.Error = "the answer was not complete"
	default:
		run.Complete = true
	}
	return run, errors.Join(failed, s.store.EndRun(ctx, run))
}

// FailPoll ends the run of a poll that brought nothing.
func (s *Service) FailPoll(ctx context.Context, run Run) error { return s.store.EndRun(ctx, run) }

// byHospital keeps the newest observation of each hospital: the source sends
// some twice.
func byHospital(list []Observation) (seen map[string]Observation, rejected []string) {
	seen = make(map[string]Observation, len(list))
	for _, o := range list {
		if err := o.check(); err != nil {
			rejected = append(rejected, fault.Public(err).Message)
			continue
		}
		if held, ok := seen[o.HospitalID]; !ok || o.ObservedAt > held.ObservedAt {
			seen[o.HospitalID] = o
		}
	}
	return seen, rejected
}

// movedByRegion names the hospitals that a transaction has to look at. It reads
// without locks, so it only saves work: the decision is made again under lock.
func movedByRegion(held map[string]Hospital, seen map[string]Observation, complete bool) map[string][]string {
	moved := map[string][]string{}
	add := func(id string) {
		region, _ := RegionOfHospital(id)
		moved[region] = append(moved[region], id)
	}
	for id, o := range seen {
		h, known := held[id]
		if _, changed := h.observe(o, 0); changed || !known {
			add(id)
		}
	}
	if complete {
		for id, h := range held {
			if _, ok := seen[id]; !ok && h.Missed < MissedPolls {
				add(id)
			}
		}
	}
	return moved
}

// regionsAtOnce is how many regions are written side by side: their hospitals
// and feeds are their own, so they only share the disk.
const regionsAtOnce = 4

func (s *Service) recordRegions(ctx context.Context, moved map[string][]string, seen map[string]Observation, complete bool) (changed int, failed error) {
	var (
		mu    sync.Mutex
		all   sync.WaitGroup
		turns = make(chan struct{}, regionsAtOnce)
	)
	for region, ids := range moved {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			n, err := s.recordRegion(ctx, ids, seen, complete)
			mu.Lock()
			defer mu.Unlock()
			changed += n
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("region %s: %w", region, err))
			}
		})
	}
	all.Wait()
	return changed, failed
}

func (s *Service) recordRegion(ctx context.Context, ids []string, seen map[string]Observation, complete bool) (changed int, err error) {
	slices.Sort(ids)
	_, err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		changed = 0
		locked, err := tx.LockHospitals(ctx, ids)
		if err != nil {
			return err
		}
		var save []Hospital
		for _, id := range ids {
			h, known := locked[id]
			after, moved := h, false
			if o, ok := seen[id]; ok {
				after, moved = h.observe(o, tx.Now())
			} else if known && complete && h.Missed < MissedPolls {
				after.Missed, moved = h.Missed+1, true
			}
			if moved {
				save = append(save, after)
			}
		}
		changed = len(save)
		return tx.SaveHospitals(ctx, save)
	})
	if err != nil {
		return 0, err
	}
	return changed, nil
}

// observe merges an observation that came at the given time, 0 when it is asked
// only whether anything would move.
//
// An observation older than the one held changes nothing: answers may arrive
// out of order. Only a held time that lies in the future protects nothing: sent
// once by mistake, it would shut out everything that comes until then. A time
// that could not be read is neither older nor newer; the newer answer counts,
// and shows as stale.
func (h Hospital) observe(o Observation, received feed.Time) (Hospital, bool) {
	// Without a clock, the moment when the held observation came is the latest
	// that is known to be past; it errs towards a second look under lock.
	now := max(received, h.Egen.ReceivedAt)
	future := h.Egen.ObservedAt > now+feed.Time(feed.DefaultTimings.FutureSkewMS)
	older := o.ObservedAt != 0 && o.ObservedAt < h.Egen.ObservedAt
	if h.ID != "" && older && !future {
		return h.seenAgain()
	}
	same := h.ID != "" && h.Missed == 0 && h.Name == o.Name && h.Tel == o.Tel &&
		h.Egen.ObservedAt == o.ObservedAt && h.Readings.Equal(o.Readings)
	if same {
		return h, false
	}
	region, _ := RegionOfHospital(o.HospitalID)
	after := Hospital{
		ID: o.HospitalID, Name: o.Name, Tel: o.Tel, Region: region,
		Egen:     SourceTimes{ObservedAt: o.ObservedAt, ReceivedAt: received},
		Readings: maps.Clone(o.Readings),
	}
	if h.ID != "" && h.Egen.ObservedAt == o.ObservedAt && h.Readings.Equal(o.Readings) {
		after.Egen.ReceivedAt = h.Egen.ReceivedAt // the same observation, seen again
	}
	return after, true
}

func (h Hospital) seenAgain() (Hospital, bool) {
	if h.Missed == 0 {
		return h, false
	}
	h.Missed = 0
	return h, true
}
