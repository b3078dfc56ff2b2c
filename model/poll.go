package model

import (
	"context"
	"errors"
	"slices"

	"weer/model/fault"
	"weer/model/feed"
)

// A PollOf is one answer of one operation for the whole country, in rows. What
// is promised of every poll that is recorded:
//
//   - One transaction per region. A region that fails does not stop the others,
//     but the run is then not complete.
//   - A poll that says nothing new writes its run and nothing else.
//   - A row that no database should hold is rejected, with a reason, and costs
//     no other row. Its hospital has been mentioned all the same.
//   - Absence is believed when two complete polls in a row agree on it. A poll
//     that is not complete takes nothing away.
//   - A hospital of which only this operation knows exists all the same.
type PollOf[Row any] struct {
	Source     string
	StartedAt  feed.Time
	IntervalMS int64
	Rows       []Row
	// Complete says that the answer held as many rows as it announced. Only a
	// complete poll counts as one, and only then is absence believed.
	Complete bool
	Rejected []string // rows that could not be decoded, and why
}

// The polls of the four operations.
type (
	Poll             = PollOf[Observation]  // 1, beds
	AcceptancePoll   = PollOf[Declared]     // 2, severe-disease acceptance
	AnnouncementPoll = PollOf[Announcement] // 9, messages
	InstitutionPoll  = PollOf[Institution]  // 3, the list
)

// A Run is the record of one poll.
type Run struct {
	ID         string // UUIDv7
	Source     string
	StartedAt  feed.Time
	IntervalMS int64
	Rows       int // in the answer
	Changed    int // hospitals of which something moved
	Rejected   []string
	Complete   bool      // all rows fetched and all regions committed
	Error      string    // why it was not complete; no key, no URL
	EndedAt    feed.Time // of one that is read; the database's clock
}

// FailPoll ends the run of a poll that brought nothing.
func (s *Service) FailPoll(ctx context.Context, run Run) error { return s.endRun(ctx, run) }

// A row is one of an answer. Its check brings it into the form in which it is
// compared and kept, or refuses it.
type row[R any] interface {
	hospital() string
	check() (R, error)
}

// A hearing takes what one poll says of one hospital: its rows, in the order of
// the answer, and whether they are the whole of what the source has to say of
// it; without rows, absence is believed only then. Asked without a clock (now is
// 0), it may err, but only towards having moved.
type hearing[R any] func(h Hospital, rows []R, whole bool, now feed.Time) (after Hospital, moved bool)

// record takes a poll into the database and ends its run. It looks without locks
// first, which only saves work: what moves is decided again under lock.
func record[R row[R]](ctx context.Context, s *Service, runID string, p PollOf[R], hear hearing[R]) (Run, error) {
	run := Run{ID: runID, Source: p.Source, StartedAt: p.StartedAt, IntervalMS: p.IntervalMS, Rows: len(p.Rows)}
	held, err := s.store.Hospitals(ctx)
	if err != nil {
		run.Rejected = p.Rejected
		return run, err
	}
	said := byHospital(p)
	run.Rejected = slices.Concat(p.Rejected, said.rejected)
	decide := func(h Hospital, now feed.Time) (Hospital, bool, error) {
		after, moved := hear(h, said.rows[h.ID], said.whole(h.ID), now)
		return after, moved, nil
	}
	var failed error
	run.Changed, failed = s.changeByRegion(ctx, said.candidates(held, decide), decide)
	run.conclude(p.Complete, failed)
	return run, errors.Join(failed, s.endRun(ctx, run))
}

func (r *Run) conclude(complete bool, failed error) {
	switch {
	case failed != nil:
		r.Error = fault.Public(failed).Message
	case !complete:
		r.Error = "the answer was not complete"
	default:
		r.Complete = true
	}
}

// An answer is a poll's rows by hospital.
type answer[R any] struct {
	rows     map[string][]R
	complete bool
	garbled  map[string]bool // hospitals of which a row was rejected
	rejected []string
}

func byHospital[R row[R]](p PollOf[R]) answer[R] {
	a := answer[R]{rows: make(map[string][]R, len(p.Rows)), complete: p.Complete, garbled: map[string]bool{}}
	for _, raw := range p.Rows {
		r, err := raw.check()
		if err != nil {
			a.rejected = append(a.rejected, fault.Public(err).Message)
			a.garbled[raw.hospital()] = true
			continue
		}
		a.rows[r.hospital()] = append(a.rows[r.hospital()], r)
	}
	return a
}

// whole reports whether the answer has everything that the source says of a
// hospital, so that what it does not have is not said.
func (a answer[R]) whole(id string) bool { return a.complete && !a.garbled[id] }

// candidates are the hospitals that seem to move, by the region that they are in.
func (a answer[R]) candidates(held map[string]Hospital, decide decision) map[string][]string {
	regions := map[string][]string{}
	look := func(id string) {
		h := held[id]
		h.ID = id
		if _, moved, _ := decide(h, 0); moved {
			regions[h.region()] = append(regions[h.region()], id)
		}
	}
	for id := range a.rows {
		look(id)
	}
	for id := range held {
		if _, said := a.rows[id]; !said {
			look(id)
		}
	}
	return regions
}
