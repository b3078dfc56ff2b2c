package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"weer/api/schema"
	"weer/model"
)

// entriesOf counts what the audit has of a request.
func (c *court) entriesOf(a verdict) (n int) {
	c.t.Helper()
	for after := ""; ; {
		page, err := c.service.Audit(c.t.Context(), model.AuditQuery{After: after, Most: 1000})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, e := range page {
			after = e.ID
			if e.Request == a.header.Get("X-Request-Id") {
				n++
			}
		}
		if len(page) < 1000 {
			return n
		}
	}
}

// caller is a token that a row lets in.
func (c *court) caller(r row) string {
	c.t.Helper()
	for i, role := range courtRoles {
		if !r.open && r.own[i] == 'y' {
			if r.alone {
				return c.member(role)
			}
			return c.tokens[role]
		}
	}
	return ""
}

// Every command is written down once, and under its key it is carried out once,
// however often it is asked for. Every other operation but an audited read
// leaves no trace.
func TestEveryCommandIsWrittenDownAndCarriedOutOnce(t *testing.T) {
	c := convene(t)
	for _, op := range c.doc.Operations() {
		r, ok := matrix[op.ID]
		if !ok {
			continue
		}
		if found := c.carry(op, r); found != "" {
			t.Errorf("%s: %s", op.ID, found)
		}
	}
}

// audited are reads of what is clinical.
var audited = map[string]bool{"get-case": true, "get-reservation-patient": true}

// unwritten are commands that change nothing that anybody would look for: a
// refresh is a session going on, and a console is written down when it changes
// whether its hospital hears.
var unwritten = map[string]bool{"refresh-session": true, "hold-console": true, "leave-console": true}

// again are commands that may be carried out any number of times, and keep
// nothing under a key: a repeated batch of observations moves nothing.
var again = map[string]bool{"push-observations": true}

func (c *court) carry(op schema.Operation, r row) (found string) {
	in := r.ask(c, false)
	token := c.caller(r)
	in.header = maps.Clone(in.header)
	if in.header == nil {
		in.header = map[string]string{}
	}
	if op.Keyed {
		in.header["Idempotency-Key"] = "court-" + op.ID
	}
	first := c.ask(token, in, op.Method)
	switch n := c.entriesOf(first); {
	case op.Method == "GET" && !audited[op.ID]:
		if n != 0 {
			return fmt.Sprintf("a read left %d entries", n)
		}
		return ""
	case op.ID == "change-password" || unwritten[op.ID]:
		return ""
	case first.status/100 != 2 || n != 1:
		return fmt.Sprintf("%d, with %d entries: %s", first.status, n, first.body)
	}
	if !op.Keyed {
		return ""
	}
	if r.alone || again[op.ID] {
		return "" // the session that asked is another one now
	}
	return c.repeat(op, token, in)
}

// repeat asks again with the same key: first for the same, then for something else.
func (c *court) repeat(op schema.Operation, token string, in request) string {
	again := c.ask(token, in, op.Method)
	if n := c.entriesOf(again); again.status/100 != 2 || n != 0 || again.header.Get("Idempotency-Replayed") != "true" {
		return fmt.Sprintf("asked again: %d, replayed %q, with %d entries: %s", again.status, again.header.Get("Idempotency-Replayed"), n, again.body)
	}
	if in.body == nil {
		return ""
	}
	body, err := json.Marshal(in.body)
	if err != nil {
		c.t.Fatal(err)
	}
	in.body = append(body, ' ') // says the same in other words, which is another command
	if reused := c.ask(token, in, op.Method); reused.code() != "key_reused" {
		return fmt.Sprintf("another command under the key: %d %s", reused.status, reused.body)
	}
	return ""
}
