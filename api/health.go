package api

import (
	"github.com/gofiber/fiber/v2"
)

// A Check is one question of /readyz.
type Check struct {
	Name string
	// Advisory checks are told and do not make the node unready: what no node
	// can help, or what other nodes suffer just the same.
	Advisory bool
	// Ask returns "" when all is well, else why not, for people. It must answer
	// from what is known already: no query, no waiting.
	Ask func() string
}

type answer struct {
	OK       bool   `json:"ok"`
	Advisory bool   `json:"advisory,omitempty"`
	Why      string `json:"why,omitempty"`
}

// livez says that the process runs and serves. It looks at nothing else: who
// restarts a process because its database is away has two faults.
func (s *Server) livez(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(map[string]bool{"ok": true})
}

func (s *Server) readyz(c *fiber.Ctx) error {
	ready, answers := true, make(map[string]answer, len(s.checks))
	for _, check := range s.checks {
		why := check.Ask()
		answers[check.Name] = answer{OK: why == "", Advisory: check.Advisory, Why: why}
		ready = ready && (why == "" || check.Advisory)
	}
	if !ready {
		c.Status(fiber.StatusServiceUnavailable)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(map[string]any{"ready": ready, "checks": answers})
}
