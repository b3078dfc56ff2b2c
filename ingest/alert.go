package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"weer/ingest/egen"
	"weer/model"
)

// Names of alerts; those that end in a slash go on with a source.
const (
	alertKey     = "egen.key"
	alertClock   = "clock"
	alertRequest = "request/"
	alertQuota   = "quota/"
	alertLate    = "late/"
	alertHalf    = "half/"
)

const (
	speakStep = 10 * time.Second
	halves    = 3                // answers in a row with rows missing, before somebody should look
	leastLate = 10 * time.Second // two intervals are no time when they are this short
)

// Concerns are alerts by name: nil where all is well. A name that is not there is
// one of which nothing is known.
type concerns map[string]*model.Alert

// health is what one operation has shown while this node leads. It says nothing
// before it knows: what stands in the database may have been raised by another
// node with good reason.
type health struct {
	known concerns
	led   time.Time // since when
	ended bool      // a poll has ended
	halves,
	most int // rows, of a complete answer
}

// forget begins anew when this node begins to lead.
func (o *operation) forget() {
	o.state.mu.Lock()
	defer o.state.mu.Unlock()
	o.state.health = health{known: concerns{}, led: time.Now()}
	o.state.stats.Next, o.state.stats.Pace, o.state.stats.Waiting = time.Time{}, o.interval, ""
}

// well is said of an operation that another node asked completely not long ago,
// and this one will not ask for long: nothing is wrong with it.
func (s *state) well() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{alertKey, alertRequest, alertQuota, alertHalf} {
		s.health.know(s.stats.Source, name, nil)
	}
	s.health.ended = true
}

func (h *health) know(source, name string, a *model.Alert) {
	if a != nil {
		a.Source = source
	}
	if name == alertKey { // one key for all operations: the words must not differ
		if a != nil {
			a.Source = ""
		}
		source = ""
	}
	h.known[name+source] = a
}

// judge learns from a poll. What a failure says nothing of stays as it was.
func (s *state) judge(r result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, source := &s.health, s.stats.Source
	h.ended = true
	switch r.outcome {
	case string(egen.Operator):
		h.know(source, alertKey, critical("E-Gen refuses the service key (%s): mend it at data.go.kr or set another; asked rarely until then", r.message))
	case string(egen.Bug):
		h.know(source, alertRequest, critical("E-Gen refuses the request as wrong (%s): this WeER needs an update", r.message))
	case "", failedIncomplete:
		h.know(source, alertKey, nil)
		h.know(source, alertRequest, nil)
		h.judgeRows(source, r)
	}
}

// judgeRows looks whether rows are missing: by the answer's own count, or because
// there were twice as many before.
func (h *health) judgeRows(source string, r result) {
	if r.outcome == "" && 2*r.rows >= h.most {
		h.halves, h.most = 0, max(h.most, r.rows)
		h.know(source, alertHalf, nil)
		return
	}
	if h.halves++; h.halves >= halves {
		h.know(source, alertHalf, warning("answers in a row lack rows; nothing was taken from the screens: see the runs"))
	}
}

// judgeBudget learns from the calls that are left. A stretch is told when it can
// be noticed, and taken back when it is over.
func (s *state) judgeBudget(r result, pace time.Duration, lasts bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, source, interval := &s.health, s.stats.Source, s.stats.Interval
	answered := r.outcome == "" || r.outcome == failedIncomplete
	switch {
	case r.outcome == string(egen.Quota):
		h.know(source, alertQuota, critical("E-Gen says that the day's calls are used up: no polls until midnight in Korea"))
	case r.outcome == failedBudget, !lasts:
		h.know(source, alertQuota, critical("the day's budget of calls is used up: no polls until midnight in Korea"))
	case answered && pace > interval*5/4:
		h.know(source, alertQuota, warning("the day's budget of calls does not last at the set interval: asked less often"))
	case answered && pace == interval:
		h.know(source, alertQuota, nil)
	}
}

func critical(text string, args ...any) *model.Alert {
	return &model.Alert{Severity: model.Critical, Text: shorten(fmt.Sprintf(text, args...))}
}

func warning(text string) *model.Alert { return &model.Alert{Severity: model.Warning, Text: text} }

func shorten(text string) string {
	if runes := []rune(text); len(runes) > model.MaxReason {
		return string(runes[:model.MaxReason])
	}
	return text
}

// concerns are what an operation has to say now; ended: after a poll.
func (o *operation) concerns(now time.Time) (said concerns, ended bool) {
	o.state.mu.Lock()
	defer o.state.mu.Unlock()
	h, s := &o.state.health, &o.state.stats
	said = maps.Clone(h.known)
	patience := max(2*max(s.Interval, s.Pace)+o.jitter, leastLate)
	switch {
	case now.Sub(s.LastComplete) <= patience:
		said[alertLate+o.source] = nil
	case h.ended || now.Sub(h.led) > patience: // a poll on its way may bring everything
		said[alertLate+o.source] = &model.Alert{Severity: o.late, Source: o.source,
			Text: "no complete poll for two intervals: see the runs for why"}
	}
	return said, h.ended
}

// concerns of all operations: what one of them raises stands, whatever others
// say of it. So the key is in order only when each has had its say.
func (p *Poller) concerns(now time.Time) concerns {
	all, heard := concerns{}, true
	for _, o := range p.operations {
		said, ended := o.concerns(now)
		heard = heard && ended
		for name, a := range said {
			if all[name] == nil {
				all[name] = a
			}
		}
	}
	if all[alertKey] == nil && !heard {
		delete(all, alertKey)
	}
	return all
}

// speak keeps the alerts of the admin feed as they are known here, until the
// context ends. What could not be written is tried again.
func (p *Poller) speak(ctx context.Context) {
	said := map[string]model.Alert{} // the zero Alert is a calm
	absolved := time.Time{}
	for ; ctx.Err() == nil; p.await(ctx) {
		now := time.Now()
		known := p.concerns(now)
		for _, name := range slices.Sorted(maps.Keys(known)) {
			p.say(ctx, said, name, known[name])
		}
		if now.Sub(absolved) >= absolveEvery {
			absolved = now
			p.absolve(ctx)
		}
	}
}

// await is over when a poll has ended, or some seconds have: what is late, and
// what could not be written, has no other sign.
func (p *Poller) await(ctx context.Context) {
	timer := time.NewTimer(speakStep)
	defer timer.Stop()
	select {
	case <-p.news:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// tell wakes who speaks.
func (p *Poller) tell() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *Poller) say(ctx context.Context, said map[string]model.Alert, name string, a *model.Alert) {
	word, err := model.Alert{}, error(nil)
	if a != nil {
		word = *a
	}
	if last, before := said[name]; before && last == word {
		return
	}
	if a != nil {
		err = p.service.Alert(ctx, name, word)
	} else {
		err = p.service.Calm(ctx, name)
	}
	if err != nil {
		p.complain(ctx, name, err)
		return
	}
	said[name] = word
}

func (p *Poller) complain(ctx context.Context, name string, err error) {
	if ctx.Err() == nil {
		p.log.Warn("an alert was not written", "alert", name, "error", err)
	}
}
