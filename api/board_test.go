package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"weer/model/fault"
	"weer/model/feed"
)

// copies are boards that a test moves.
type copies struct {
	mu      sync.Mutex
	at      BoardStanding
	keys    []feed.Entry
	void    bool
	wholes  int // how often the whole was asked for
	reached []string
}

func (c *copies) Standing(string) BoardStanding {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *copies) Whole(string) (BoardStanding, []feed.Entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wholes++
	return c.at, c.keys, !c.void
}

func (c *copies) Reach(ctx context.Context, name string, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, bounded := ctx.Deadline()
	c.reached = append(c.reached, fmt.Sprint(name, " ", seq, " ", bounded))
}

func (c *copies) set(change func(*copies)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

const sometime = feed.Time(1_800_000_000_000)

func newCopies() *copies {
	return &copies{
		at:   BoardStanding{Epoch: "0123456789abcdef", Seq: 7, VerifiedAt: sometime, Now: sometime},
		keys: []feed.Entry{{Key: "A1100001/er", Seq: 7, Value: json.RawMessage(`{"v":1}`)}},
	}
}

func (h *harness) board(headers ...string) (status int, get func(string) string, body string) {
	h.t.Helper()
	res, body := h.ask("GET", "/api/v1/regions/11/board", "", append([]string{"Authorization", "Bearer viewer"}, headers...)...)
	return res.StatusCode, res.Header.Get, body
}

func TestABoardIsMadeOnceForEachHead(t *testing.T) {
	c := newCopies()
	h := rig(t, Options{Boards: c, Mode: "simulated"})
	var tags []string
	for encoding, unpack := range map[string]func(string) (io.Reader, error){
		"": nil,
		"gzip": func(s string) (io.Reader, error) {
			return gzip.NewReader(bytes.NewReader([]byte(s)))
		},
		"br": func(s string) (io.Reader, error) { return brotli.NewReader(bytes.NewReader([]byte(s))), nil },
	} {
		for range 2 {
			status, header, body := h.board("Accept-Encoding", encoding)
			if unpack != nil {
				r, err := unpack(body)
				if err != nil {
					t.Fatal(err)
				}
				plain, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				body = string(plain)
			}
			const want = `{"feed":"region:11","epoch":"0123456789abcdef","seq":7,"region":"11","digest":"0000000000000000","mode":"simulated",` +
				`"keys":[{"key":"A1100001/er","seq":7,"value":{"v":1}}],"feeds":[{"feed":"region:11","epoch":"0123456789abcdef","seq":7}]}`
			if status != 200 || body != want || header("Content-Encoding") != encoding || header("Vary") != "Accept-Encoding" ||
				header("Cache-Control") != "private, no-cache" || header("Verified-At") != "2027-01-15T08:00:00.000Z" || header("Feed-State") != "live" {
				t.Errorf("%q: %d %s", encoding, status, body)
			}
			tags = append(tags, header("ETag"))
		}
	}
	if c.wholes != 1 {
		t.Errorf("the board was made %d times for one head", c.wholes)
	}
	for _, tag := range tags {
		if status, header, body := h.board("If-None-Match", `"x", `+tag); status != 304 || body != "" || header("ETag") == "" || header("Verified-At") == "" {
			t.Errorf("%s: %d %q", tag, status, body)
		}
	}
	c.set(func(c *copies) { c.at.Seq = 8 })
	if status, header, _ := h.board("If-None-Match", tags[0]); status != 200 || header("ETag") == tags[0] || c.wholes != 2 {
		t.Errorf("after an event: %d, made %d times", status, c.wholes)
	}
}

func TestABoardSaysHowFarToBelieveIt(t *testing.T) {
	c := newCopies()
	h := rig(t, Options{Boards: c})
	for _, tc := range []struct {
		name   string
		change func(*copies)
		status int
		state  string
	}{
		{"verified", func(*copies) {}, 200, "live"},
		{"not asked for 5 s", func(c *copies) { c.at.Now += 5000 }, 200, "unverified"},
		{"not asked for 12 s", func(c *copies) { c.at.Now += 12_000 }, 503, ""},
		{"never asked", func(c *copies) { c.at.VerifiedAt = 0 }, 503, ""},
		{"unproved", func(c *copies) { c.at.Unproved = true }, 200, "unproved"},
		{"being loaded again", func(c *copies) { c.at.Seq++; c.void = true }, 503, ""},
	} {
		fresh := newCopies()
		c.set(func(c *copies) { c.at, c.void = fresh.at, false; tc.change(c) })
		var held []string
		if tc.state == "unproved" { // nothing that a client holds is as good
			held = []string{"If-None-Match", "*"}
		}
		status, header, body := h.board(held...)
		if status != tc.status || header("Feed-State") != tc.state && status == 200 {
			t.Errorf("%s: %d %s %s", tc.name, status, header("Feed-State"), body)
		}
		if tc.state == "unproved" && header("ETag") != "" {
			t.Error("an unproved board has a tag")
		}
	}
}

func TestABoardIsGuarded(t *testing.T) {
	h := rig(t, Options{Boards: newCopies()})
	for _, tc := range []struct {
		path, bearer string
		code         fault.Code
	}{
		{"/api/v1/regions/11/board", "", fault.AuthRequired},
		{"/api/v1/regions/11/board", "nobody", fault.TokenInvalid},
		{"/api/v1/regions/99/board", "viewer", fault.NotFound},
		{"/api/v1/regions/11/board?x=1", "viewer", fault.Invalid},
	} {
		res, body := h.ask("GET", tc.path, "", "Authorization", "Bearer "+tc.bearer)
		if p := strict(t, res, body); p.Code != tc.code {
			t.Errorf("%+v: %+v", tc, p)
		}
	}
}

// The board that a command's author asks for next has the command in it.
func TestACommandWaitsForTheBoards(t *testing.T) {
	c := newCopies()
	h := rig(t, Options{Boards: c})
	start := time.Now()
	h.ask("POST", "/api/v1/plans/a", `{"name":"x"}`, "Authorization", "Bearer control-11", "Content-Type", "application/json")
	if len(c.reached) != 1 || c.reached[0] != "region:11 7 true" {
		t.Errorf("after %s: %q", time.Since(start), c.reached)
	}
}
