package api

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A DemoWish says for whom a token of a simulated WeER is meant; empty it is for
// a viewer. Nobody is signed in by it and no account stands behind it: it is for
// simulated crews and consoles, which are many.
type DemoWish struct {
	Role     model.Role `json:"role"`     // viewer, crew, hospital or control
	Unit     string     `json:"unit"`     // of a crew: the id of its unit
	Hospital string     `json:"hospital"` // of a hospital: its hpid
	Regions  []string   `json:"regions"`  // of a control room: its 시도 codes
}

// A DemoToken lets a program look at a simulated WeER, and act in it.
type DemoToken struct {
	Token     string    `json:"token"`
	ExpiresAt feed.Time `json:"expires_at"`
}

// demoToken answers with a token for whom the body names; without a body, for a
// viewer.
func demoToken(sign func(model.Principal) (DemoToken, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		wish, err := readWish(c.Body())
		if err != nil {
			return err
		}
		token, err := sign(wish.Principal())
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.JSON(token)
	}
}

func readWish(body []byte) (w DemoWish, err error) {
	if len(body) > 0 {
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if d.Decode(&w) != nil || d.More() {
			return w, fault.Bad("body", "is a JSON object of role, unit, hospital and regions, or nothing")
		}
	}
	return w, w.Check()
}

// Check refuses whom there is no demo token for. Invalid names each field:
// everybody is responsible for something of its own kind, and for nothing else.
func (w DemoWish) Check() error {
	if w.Role != "" && w.Role != model.RoleViewer && w.Role != model.RoleCrew && w.Role != model.RoleHospital && w.Role != model.RoleControl {
		return fault.Bad("role", "is viewer, crew, hospital or control")
	}
	regions := len(w.Regions) > 0
	for _, code := range w.Regions {
		regions = regions && model.ValidRegion(code)
	}
	return fault.All(
		w.owns(model.RoleCrew, "unit", w.Unit != "", uuid.Validate(w.Unit) == nil, "is the id of the crew's unit"),
		w.owns(model.RoleHospital, "hospital", w.Hospital != "", model.ValidHospitalID(w.Hospital), "is the hpid of the hospital, as in A1100017"),
		w.owns(model.RoleControl, "regions", len(w.Regions) > 0, regions, `are the 시도 codes of the control room, as in ["11"]`),
	)
}

// owns holds a field against the only role that has it.
func (w DemoWish) owns(role model.Role, field string, given, valid bool, what string) error {
	switch {
	case w.Role == role && !valid:
		return fault.Bad(field, "%s", what)
	case w.Role != role && given:
		return fault.Bad(field, "goes with the role %s", role)
	}
	return nil
}

// Principal is whom the token speaks for. Its name tells each crew and console
// from the others, in the audit and wherever a person is named.
func (w DemoWish) Principal() model.Principal {
	p := model.Principal{Subject: "demo", Role: model.RoleViewer, Unit: w.Unit, Hospital: w.Hospital, Regions: w.Regions}
	if w.Role == "" || w.Role == model.RoleViewer {
		return p
	}
	p.Role = w.Role
	p.Subject = strings.Join([]string{"demo", string(w.Role), w.Unit + w.Hospital + strings.Join(w.Regions, ",")}, ":")
	return p
}
