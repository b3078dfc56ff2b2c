package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// verifiedTokens is how many tokens are remembered as verified: more than the
// accounts of a country's emergency rooms, ambulances and control rooms on one node.
const verifiedTokens = 20_000

// callers knows who a bearer is. Verifying a signature costs more than all else
// of a small answer, so a verified bearer is remembered until it expires, under
// its hash: what lies in memory opens nothing. Whether it still counts is asked
// each time (Options.Standing).
type callers struct {
	verify   func(ctx context.Context, bearer string) (model.Principal, error)
	standing func(model.Principal) error
	known    *lru.Cache[[sha256.Size]byte, model.Principal]
}

func newCallers(o Options) callers {
	known, err := lru.New[[sha256.Size]byte, model.Principal](verifiedTokens)
	if err != nil {
		panic(err) // it knows only one: a size below 1
	}
	c := callers{verify: o.Authenticate, standing: o.Standing, known: known}
	if c.standing == nil {
		c.standing = func(model.Principal) error { return nil }
	}
	return c
}

func (s *Server) authenticate(c *fiber.Ctx) (model.Principal, error) {
	scheme, token, _ := bytes.Cut(c.Request().Header.Peek(fiber.HeaderAuthorization), []byte(" "))
	token = bytes.TrimSpace(token)
	if len(token) == 0 || !bytes.EqualFold(scheme, []byte(bearer)) {
		return model.Principal{}, fault.New(fault.AuthRequired, "send Authorization: Bearer with an access token or an API key")
	}
	p, err := s.callers.who(c.UserContext(), token)
	if err != nil {
		return model.Principal{}, err
	}
	return p, s.callers.standing(p)
}

func (c callers) who(ctx context.Context, token []byte) (model.Principal, error) {
	name := sha256.Sum256(token)
	if p, ok := c.known.Get(name); ok {
		if feed.At(time.Now()) < p.ExpiresAt {
			return p, nil
		}
		c.known.Remove(name) // the verifier says how it is over
	}
	p, err := c.verify(ctx, string(token))
	if err == nil && p.ExpiresAt != 0 && p.Key == "" { // a key's use is noted each time
		c.known.Add(name, p)
	}
	return p, err
}
