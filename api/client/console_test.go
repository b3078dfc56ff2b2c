package client_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
)

const heldFor5s = `{"reach":"audible","lease_ends_at":"2026-11-26T12:00:15.000Z","renew_ms":5000,"feeds":[]}`

// words collects what a console is told.
type words struct {
	mu  sync.Mutex
	all []client.ConsoleWord
}

func (w *words) hear(one client.ConsoleWord) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, one)
}

func (w *words) last() (one client.ConsoleWord, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n = len(w.all); n > 0 {
		one = w.all[n-1]
	}
	return one, n
}

// elapse lets time go by, and everything in it.
func elapse(d time.Duration) {
	pass(d)
	synctest.Wait()
}

func TestAConsoleGoesOnProvingItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := newDesk(t, says(200, heldFor5s))
		var w words
		c := r.OpenConsole("A1100001", client.Proof{Visible: true, Audible: true}, w.hear)
		elapse(time.Minute + time.Second)
		if n := len(d.calls); n != 13 {
			t.Errorf("said %d times in a minute", n)
		}
		if word, n := w.last(); n != 1 || !word.Held || word.Reach != model.ReachAudible || word.Err != nil {
			t.Errorf("told %d times, last %+v", n, word)
		}
		c.Prove(client.Proof{Visible: true})
		c.Prove(client.Proof{Visible: true})
		elapse(time.Second)
		said := d.calls[len(d.calls)-1]
		if len(d.calls) != 14 || said.method != http.MethodPut || said.body != `{"visible":true,"audible":false}` || said.key != "" ||
			!regexp.MustCompile(`^/api/v1/hospitals/A1100001/consoles/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(said.path) {
			t.Errorf("%d calls, last %+v", len(d.calls), said)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if last := d.calls[len(d.calls)-1]; last.method != http.MethodDelete || last.path != said.path || last.key != "" {
			t.Errorf("it leaves with %+v", last)
		}
		n := len(d.calls)
		elapse(time.Minute)
		if len(d.calls) != n {
			t.Error("it speaks after its end")
		}
	})
}

// A console that no server hears is told so when its lease is over, not before,
// and held again as soon as one does.
func TestAConsoleThatNobodyHearsIsToldInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, n := newDesk(t, says(200, heldFor5s))
		var w words
		c := r.OpenConsole("A1100001", client.Proof{Audible: true}, w.hear)
		elapse(5*time.Second + time.Millisecond) // proved at 0 and at 5 s
		down := func(is bool) {
			n["one"].down.Store(is)
			n["two"].down.Store(is)
		}
		down(true)
		elapse(14 * time.Second)
		if word, told := w.last(); told != 1 || !word.Held {
			t.Errorf("within its lease: told %d times, last %+v", told, word)
		}
		elapse(time.Second)
		if word, told := w.last(); told != 2 || word.Held || word.Err == nil {
			t.Errorf("after its lease: told %d times, last %+v", told, word)
		}
		down(false)
		elapse(10 * time.Second)
		if word, told := w.last(); told != 3 || !word.Held || word.Err != nil {
			t.Errorf("heard again: told %d times, last %+v", told, word)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAConsoleThatIsRefusedSpeaksNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := newDesk(t, says(200, heldFor5s), refuses(fault.Conflict))
		var w words
		c := r.OpenConsole("A1100001", client.Proof{Audible: true}, w.hear)
		elapse(time.Minute)
		if word, told := w.last(); len(d.calls) != 2 || told != 2 || word.Held || !fault.Is(word.Err, fault.Conflict) {
			t.Errorf("%d calls, told %d times, last %+v", len(d.calls), told, word)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Close(ctx); !fault.Is(err, fault.Conflict) || !strings.HasPrefix(d.calls[2].method, http.MethodDelete) {
			t.Errorf("it closes with %v after %+v", err, d.calls[2])
		}
	})
}
