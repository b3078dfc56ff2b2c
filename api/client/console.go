package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A Proof is what an open console can prove: that a request would be noticed.
type Proof struct {
	Visible bool `json:"visible"` // it is in sight
	Audible bool `json:"audible"` // its alarm can be heard: sound runs, is not muted, and passed its test
}

// A ConsoleLease is what a proof came to.
type ConsoleLease struct {
	Reach   model.Reach `json:"reach"`         // of the hospital, all its consoles together
	EndsAt  feed.Time   `json:"lease_ends_at"` // of the proof, by the server's clock
	RenewMS int64       `json:"renew_ms"`      // prove again after so long
}

// ProveConsole says what a console of a hospital can prove now. id is a UUID of
// the console's own. [REST.OpenConsole] goes on saying it.
func (r *REST) ProveConsole(ctx context.Context, hospital, id string, p Proof) (lease ConsoleLease, moved []feed.Answer, err error) {
	moved, err = r.Command(ctx, Request{Method: http.MethodPut, Path: consolePath(hospital, id), Body: p, keyless: true}, &lease)
	return lease, moved, err
}

// LeaveConsole ends at once what a console has proved, and returns what the
// hospital's others prove.
func (r *REST) LeaveConsole(ctx context.Context, hospital, id string) (model.Reach, []feed.Answer, error) {
	var left ConsoleLease
	moved, err := r.Command(ctx, Request{Method: http.MethodDelete, Path: consolePath(hospital, id), keyless: true}, &left)
	return left.Reach, moved, err
}

func consolePath(hospital, id string) string {
	return "/hospitals/" + url.PathEscape(hospital) + "/consoles/" + url.PathEscape(id)
}

// A ConsoleWord is what a console hears of itself.
type ConsoleWord struct {
	Held  bool        // its proof stands; when not, it does not count, and somebody has to be told
	Reach model.Reach // of the hospital as it was last heard
	Err   error       // why it is not held; nil while it is
}

// A Console is an open console of a hospital, which goes on proving itself until
// it is closed, on a goroutine of its own. What the server refuses for good
// (*fault.Error that a person has to do something about) ends that too; then it
// only waits to be closed. All methods may be called from any goroutine.
type Console struct {
	rest         *REST
	hospital, id string
	tell         func(ConsoleWord)
	wake         chan struct{} // the proof is another one
	cancel       context.CancelFunc
	done         chan struct{}

	mu    sync.Mutex
	proof Proof

	// The goroutine's own.
	word  ConsoleWord
	told  consoleNews   // of the word
	until time.Time     // the proof stands at least, by our clock
	renew time.Duration // as the server said last
}

// consoleNews is what makes a word worth telling.
type consoleNews struct {
	said, held bool
	reach      model.Reach
}

// firstRenew is after how long a console speaks again that has not heard how
// often it should.
const firstRenew = time.Second

// aLease is how many renewals a lease lasts.
const aLease = 3

// OpenConsole opens a console of a hospital. tell is called on the console's
// goroutine whenever it begins or ceases to be held, and when the hospital's
// reach is another one; it must not wait for the console.
func (r *REST) OpenConsole(hospital string, p Proof, tell func(ConsoleWord)) *Console {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Console{
		rest: r, hospital: hospital, id: newUUID(), tell: tell, proof: p,
		wake: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{}), renew: firstRenew,
	}
	go c.run(ctx)
	return c
}

// newUUID makes a random UUID (version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Prove says what the console can prove from now on, and says it at once.
func (c *Console) Prove(p Proof) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proof == p {
		return
	}
	c.proof = p
	select {
	case c.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Close ends the console and takes back what it proved, so that nobody counts on
// it for the rest of its lease. An error means that the lease has to end by
// itself.
func (c *Console) Close(ctx context.Context) error {
	c.cancel()
	<-c.done
	_, _, err := c.rest.LeaveConsole(ctx, c.hospital, c.id)
	return err
}

func (c *Console) run(ctx context.Context) {
	defer close(c.done)
	for {
		wait, err := c.say(ctx)
		if ctx.Err() != nil {
			return
		}
		c.hear(err)
		if final(err) {
			return
		}
		if !c.sleep(ctx, wait) {
			return
		}
	}
}

// say proves once, and returns when to say it again. It takes no longer than
// until the word is due that the console is not held any more.
func (c *Console) say(ctx context.Context) (wait time.Duration, err error) {
	limit := tryTime
	if c.word.Held {
		limit = min(limit, time.Until(c.until))
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := time.Now()
	lease, _, err := c.rest.ProveConsole(limited, c.hospital, c.id, c.now())
	if err != nil {
		return mathrand.N(c.renew), err
	}
	c.renew = cmp.Or(time.Duration(lease.RenewMS)*time.Millisecond, firstRenew)
	c.until, c.word.Reach = began.Add(aLease*c.renew), lease.Reach
	return c.renew, nil
}

func (c *Console) now() Proof {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proof
}

// hear tells what the last word came to, when it is news. One lost renewal is
// none.
func (c *Console) hear(err error) {
	c.word.Held = err == nil || c.word.Held && time.Now().Before(c.until) && !final(err)
	if c.word.Err = err; c.word.Held {
		c.word.Err = nil
	}
	if news := (consoleNews{true, c.word.Held, c.word.Reach}); news != c.told {
		c.told = news
		c.tell(c.word)
	}
}

func (c *Console) sleep(ctx context.Context, wait time.Duration) bool {
	if c.word.Held {
		wait = min(wait, time.Until(c.until))
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.wake:
	case <-ctx.Done():
		return false
	}
	return true
}

// final reports whether saying the same again would end the same.
func final(err error) bool {
	var e *fault.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code.Row().Action {
	case fault.ActionNone, fault.ActionSignIn, fault.ActionStop:
		return true
	}
	return false
}
