package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"weer/model"
	"weer/model/fault"
)

// What time alone does to requests, and to the proofs of consoles, is done by
// every node whose clock is right, and no lease decides who: doing it twice
// changes nothing, and a node that is killed delays nothing.
const (
	deadlinesEvery = time.Second
	deadlinesLimit = 10 * time.Second
	deadlinesLate  = 10 * time.Second // later than this is told of
	deadlinesAlert = "deadlines"      // its name among the administrators' alerts
)

// A timekeeper keeps the deadlines of requests, and tells when it cannot: a
// request that silently stays where it is looks like one that somebody is about
// to answer.
//
// It tells of two things, because neither shows the other: that this node has
// kept none for a while, and that one is late that no node has kept. Both are
// told only; a screen is served no better by another node.
type timekeeper struct {
	service interface {
		KeepDeadlines(ctx context.Context) (moved int, err error)
		EndConsoles(ctx context.Context) (hospitals int, err error)
		LateDeadline(ctx context.Context) (ms int64, err error)
		Alert(ctx context.Context, name string, a model.Alert) error
		Calm(ctx context.Context, name string) error
	}
	whyNot func() string // the clock is off, or not known
	log    *slog.Logger

	keptAt atomic.Int64 // this node's clock, in milliseconds: no deadline was left undone
	endAt  atomic.Int64 // the same for consoles
	late   atomic.Int64 // milliseconds since the oldest was due that nobody has kept
}

func (k *timekeeper) chore() *chore {
	k.keptAt.Store(time.Now().UnixMilli()) // so that the first turn has its time too
	return &chore{
		every: deadlinesEvery, limit: deadlinesLimit, whyNot: k.whyNot,
		do: k.keep, after: k.look, failed: "deadlines of requests are not kept here", log: k.log,
	}
}

func (k *timekeeper) keep(ctx context.Context) error {
	_, err := k.service.KeepDeadlines(ctx)
	if err == nil {
		k.keptAt.Store(time.Now().UnixMilli())
	}
	return err
}

// consoles is a chore beside the deadlines: however long those take, a console
// that has fallen silent is told of in time.
func (k *timekeeper) consoles() *chore {
	k.endAt.Store(time.Now().UnixMilli())
	return &chore{
		every: deadlinesEvery, limit: deadlinesLimit, whyNot: k.whyNot,
		do: k.endConsoles, failed: "consoles that have fallen silent may still be shown as heard", log: k.log,
	}
}

func (k *timekeeper) endConsoles(ctx context.Context) error {
	hospitals, err := k.service.EndConsoles(ctx)
	if hospitals > 0 {
		k.log.Info("consoles have fallen silent", "hospitals", hospitals)
	}
	if err == nil {
		k.endAt.Store(time.Now().UnixMilli())
	}
	return err
}

// look looks how late the oldest deadline is, whichever node should have kept it.
func (k *timekeeper) look(ctx context.Context, _ bool) {
	late, err := k.service.LateDeadline(ctx)
	if err != nil {
		return // keeping them fails too, and that is told
	}
	k.late.Store(late)
	if k.whyLate() == "" {
		err = k.service.Calm(ctx, deadlinesAlert)
	} else {
		err = k.service.Alert(ctx, deadlinesAlert, model.Alert{Severity: model.Critical, Text: "requests do not escalate and do not end in time: see the log of the nodes"})
	}
	if err != nil && ctx.Err() == nil {
		k.log.Warn("the deadlines' alert was not told", "error", err)
	}
}

// why is what /readyz says of it.
func (k *timekeeper) why() string {
	if idle := idleSince(&k.keptAt); idle > deadlinesLate {
		return fmt.Sprintf("no deadline was kept here for %s", idle.Round(time.Second))
	}
	if idle := idleSince(&k.endAt); idle > deadlinesLate {
		return fmt.Sprintf("no silent console was looked for here for %s", idle.Round(time.Second))
	}
	return k.whyLate()
}

func idleSince(at *atomic.Int64) time.Duration { return time.Since(time.UnixMilli(at.Load())) }

func (k *timekeeper) whyLate() string {
	late := time.Duration(k.late.Load()) * time.Millisecond
	if late <= deadlinesLate {
		return ""
	}
	return fmt.Sprintf("a deadline was due %s ago", late.Round(time.Second))
}

// answerTimes are how long requests wait. The nodes of a cluster have the same.
type answerTimes struct {
	AnswerSteps  []time.Duration `env:"WEER_ANSWER_STEPS" default:"30s,60s,90s" placeholder:"TIME" help:"How long after it was asked a request without an answer sounds louder, goes to the second channel (lamp, telephone), and is told to have no answer (무응답): three times, each longer than the one before, 1s to 24h. The same on all nodes. Default: ${default}"`
	AnswerExpiry time.Duration   `env:"WEER_ANSWER_EXPIRY" default:"30m" placeholder:"TIME" help:"How long after it was asked a request without an answer ends, longer than all steps, up to 24h. Default: ${default}"`
	ArrivalGrace time.Duration   `env:"WEER_ARRIVAL_GRACE" default:"15m" placeholder:"TIME" help:"How long after the expected arrival a patient is overdue, 1s to 24h. Default: ${default}"`
}

const (
	flagAnswerSteps  = "--answer-steps or WEER_ANSWER_STEPS"
	flagAnswerExpiry = "--answer-expiry or WEER_ANSWER_EXPIRY"
	flagArrivalGrace = "--arrival-grace or WEER_ARRIVAL_GRACE"
)

const (
	leastWait = time.Second
	mostWait  = 24 * time.Hour
)

func (a answerTimes) check() error {
	if len(a.AnswerSteps) != 3 {
		return fault.Bad(flagAnswerSteps, "takes three times, as in 30s,60s,90s, not %d", len(a.AnswerSteps))
	}
	before := time.Duration(0)
	for _, step := range a.AnswerSteps {
		if step < leastWait || step > mostWait || step <= before {
			return fault.Bad(flagAnswerSteps, "takes three times from 1s to 24h, each longer than the one before, not %s after %s", step, before)
		}
		before = step
	}
	switch {
	case a.AnswerExpiry <= before || a.AnswerExpiry > mostWait:
		return fault.Bad(flagAnswerExpiry, "takes more than the last step of %s, up to 24h, not %s", before, a.AnswerExpiry)
	case a.ArrivalGrace < leastWait || a.ArrivalGrace > mostWait:
		return fault.Bad(flagArrivalGrace, "takes 1s to 24h, not %s", a.ArrivalGrace)
	}
	return nil
}

// times are those of the model, as far as they were set.
func (a answerTimes) times() model.ReservationTimes {
	t := model.DefaultReservationTimes
	t.LouderMS, t.SecondMS, t.NoAnswerMS = a.AnswerSteps[0].Milliseconds(), a.AnswerSteps[1].Milliseconds(), a.AnswerSteps[2].Milliseconds()
	t.ExpireMS, t.GraceMS = a.AnswerExpiry.Milliseconds(), a.ArrivalGrace.Milliseconds()
	return t
}
