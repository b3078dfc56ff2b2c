package reserve

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"weer/deploy/lab"
)

// What callers put up with.
const (
	tryTime  = 8 * time.Second  // an answer that does not come by then is lost
	patience = 40 * time.Second // with one command: longer than a node or a database is away
	// Of all first tries some are cut after some milliseconds, and of those some
	// are given up: nobody ever asks what became of them.
	cutShare    = 0.06
	giveUpShare = 0.12
	cutWithin   = 25 * time.Millisecond
)

// A caller asks nodes as somebody, and writes down what comes of it.
type caller struct {
	*site
	actor, token string
	rand         *rand.Rand
	history      *History
	stats        *stats
}

// An answer is what a node said.
type answer struct {
	status   int
	replayed bool
	body     []byte
}

// try asks a node once.
func (c caller) try(ctx context.Context, n *lab.Node, method, path, key, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, n.URL()+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if method == http.MethodPatch || strings.HasSuffix(path, "/close") {
		req.Header.Set("If-Match", "*") // whatever there is: who is faster is the storm's
	}
	res, err := c.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header.Get("Idempotency-Replayed") == "true", text}, err
}

// somewhere picks a node.
func (c caller) somewhere() *lab.Node { return c.nodes[c.rand.IntN(len(c.nodes))] }

// get reads; false when nobody answered in time. What is read changes nothing,
// so it is not asked for twice.
func (c caller) get(ctx context.Context, path string, into any) bool {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	a, err := c.try(ctx, c.somewhere(), http.MethodGet, path, "", "")
	if err != nil || a.status >= 500 {
		c.pause(ctx, 50*time.Millisecond)
		return false
	}
	if a.status != http.StatusOK {
		c.stats.odd("GET %s: %d %s", path, a.status, a.body)
		return false
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		c.stats.odd("GET %s: %v", path, err)
		return false
	}
	return true
}

// pause waits up to a time, or for the end.
func (c caller) pause(ctx context.Context, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(most/2 + time.Duration(c.rand.Int64N(int64(most/2)))):
	}
}

// command carries an op out, again with the same key for as long as nobody
// answers, and writes down what came of it.
func (c caller) command(ctx context.Context, o *Op, method, path string, body any) *Op {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // of maps of texts and numbers
	}
	o.Actor, o.Call = c.actor, c.now()
	if o.Kind != Observe {
		o.Key = uuid.NewString()
	}
	giveUp := false
	for o.Tries = 1; ; o.Tries++ {
		o.Last = c.now()
		a, err := c.once(ctx, o, method, path, string(text), &giveUp)
		o.Return = c.now()
		if err == nil && a.says(o) {
			c.read(o, a)
			break
		}
		if giveUp || ctx.Err() != nil || time.Duration(o.Return-o.Call) > patience {
			o.Outcome, o.Return = Unknown, never
			break
		}
		c.pause(ctx, 60*time.Millisecond)
	}
	c.stats.count(o)
	c.history.add(o)
	return o
}

// says reports whether an answer tells what became of a command. Of a batch of
// observations each has its own outcome, whatever the status is.
func (a answer) says(o *Op) bool {
	if a.status >= 500 {
		return false
	}
	if o.Kind != Observe || a.status != http.StatusOK {
		return true
	}
	why, err := observed(a.body)
	return err == nil && (why == held || why == "conflict")
}

// once is one try of a command. The answer of some first tries is lost.
func (c caller) once(ctx context.Context, o *Op, method, path, body string, giveUp *bool) (answer, error) {
	limit := tryTime
	if o.Tries == 1 && c.rand.Float64() < cutShare {
		limit = time.Duration(c.rand.Int64N(int64(cutWithin)))
		*giveUp = c.rand.Float64() < giveUpShare
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return c.try(ctx, c.somewhere(), method, path, o.Key, body)
}

// read takes down an answer.
func (c caller) read(o *Op, a answer) {
	if a.status/100 != 2 {
		o.Outcome, o.Refusal = Refused, refusal(a)
		return
	}
	told, err := toldOf(a.body)
	if err != nil {
		c.stats.odd("%s: %v", o.Kind, err)
	}
	o.Outcome, o.Told = Done, told
	if a.replayed {
		o.Outcome, o.Told = Replayed, nil
	}
	if err := o.learn(a.body); err != nil {
		c.stats.odd("%s: %v", o.Kind, err)
	}
}

// toldOf is what an answer says of the feeds.
func toldOf(body []byte) (*Told, error) {
	said, err := read[struct {
		Feeds []struct {
			Feed string
			Seq  uint64
			Keys []key
		}
	}](body)
	t := newTold()
	for _, f := range said.Feeds {
		if err == nil {
			err = t.hear(f.Feed, f.Seq, f.Keys)
		}
	}
	return t, err
}

// learn takes from an answer what was made, and what became of an observation.
func (o *Op) learn(body []byte) error {
	switch o.Kind {
	case Open:
		made, err := read[struct{ ID string }](body)
		o.Case = made.ID
		return err
	case Ask:
		return o.name(body)
	case Observe:
		why, err := observed(body)
		switch {
		case err != nil:
			return err
		case why != held:
			o.Outcome, o.Refusal = Refused, why
		case o.Told.Pushed[o.Hospital] == 0:
			o.Outcome, o.Told = Replayed, nil // it was held already
		}
	}
	return nil
}

// held is the outcome of an observation that is its source's last one now.
const held = "held"

// observed is the outcome of the one observation of a batch.
func observed(body []byte) (string, error) {
	said, err := read[struct{ Outcomes []struct{ Outcome string } }](body)
	if err != nil || len(said.Outcomes) != 1 {
		return "", fmt.Errorf("%v: %s", err, body)
	}
	return said.Outcomes[0].Outcome, nil
}

// refusal is a problem in the words of the models: what is true now, else what
// stands in the way.
func refusal(a answer) string {
	p, _ := read[struct { // what is none has no code
		Code, Field string
		Errors      []struct{ Field, Detail string }
	}](a.body)
	switch {
	case p.Code == "precondition_failed":
		return refusalChanged
	case p.Code == "not_found":
		return refusalNone
	case p.Code == "conflict" && p.Field == "override":
		return refusalFull
	case p.Code == "conflict" && strings.HasPrefix(p.Field, "hospitals["):
		return refusalAsked
	case p.Code == "invalid" && p.Field == "reason":
		return refusalLate
	case p.Code == "invalid" && p.Field == "case_version":
		return refusalAhead
	case p.Code == "conflict" && len(p.Errors) > 0:
		var facts []string
		for _, e := range p.Errors {
			facts = append(facts, e.Field+"="+e.Detail)
		}
		return strings.Join(facts, " ")
	}
	return fmt.Sprintf("%d %s", a.status, a.body)
}
