package api

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weer/api/auth"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/seal"
)

// A ward is a hearing with a unit whose crew asks its hospitals. A caller's token
// is its role and what is its own: crew@<unit>, hospital@A1100001, control@11; or
// program, which may answer for the hospital here and nothing else.
type ward struct {
	*harness
	of      *hearing
	unit    string
	program model.Principal
}

// wardTimes let nothing happen by itself while a test runs.
var wardTimes = model.DefaultReservationTimes

func openWard(t *testing.T, times model.ReservationTimes) *ward {
	t.Helper()
	h := hear(t, Options{})
	dir := t.TempDir()
	keys, err := seal.LoadOrCreate(filepath.Join(dir, "case-key"))
	h.must(err)
	signs, err := auth.LoadOrCreate(filepath.Join(dir, "token-key"))
	h.must(err)
	desk, err := auth.NewDesk(h.service, signs)
	h.must(err)
	h.service.WithKeys(keys).WithTimes(times)
	w := &ward{of: h, unit: "0197f3a0-0000-7000-8000-00000000a201"}
	_, err = h.service.CreateUnit(t.Context(), model.Unit{ID: w.unit, CallSign: "강남 201", Region: "11", Organisation: "강남소방서", Kind: model.Unit119})
	h.must(err)
	_, key, _, err := desk.CreateKey(t.Context(), model.APIKey{
		Name: "HIS", Scopes: []model.Right{model.AnswerRequests}, Hospital: here, ExpiresAt: feed.At(time.Now().Add(2 * time.Hour)),
	})
	h.must(err)
	w.program = key.Principal()
	w.harness = serve(t, Options{Service: h.service, Desk: desk, Authenticate: w.who})
	return w
}

func (w *ward) who(_ context.Context, token string) (model.Principal, error) {
	if token == "program" {
		return w.program, nil
	}
	role, of, found := strings.Cut(token, "@")
	p := model.Principal{Subject: role, Role: model.Role(role), ExpiresAt: feed.At(time.Now().Add(time.Hour))}
	switch role {
	case "crew":
		p.Unit = of
	case "hospital":
		p.Hospital = of
	case "control":
		p.Regions = []string{of}
	}
	if !found {
		return p, fault.New(fault.TokenInvalid, "no such token")
	}
	return p, nil
}

const (
	ofHere  = "hospital@" + here
	ofSouth = "hospital@" + south
	of11    = "control@11"
)

func (w *ward) crew() string { return "crew@" + w.unit }

// opened is a case with a patient whose chest hurts.
func (w *ward) opened() string {
	w.t.Helper()
	res, c, text := as[PatientCase](w.harness, w.crew(), "POST", "/patient-conditions", `{"triage":{"ktas":3},"clinical":{"systolic":141,"diastolic":88,"complaint":"가슴 통증"}}`)
	if res.StatusCode != 201 {
		w.t.Fatal(text)
	}
	return c.ID
}

// A putCase is what asking hospitals answers.
type putCase struct {
	Reservations []Reservation
	Moves
}

// put asks hospitals for a case, and returns the path of each reservation.
func (w *ward) put(id string, hospitals ...string) []string {
	w.t.Helper()
	res, put, text := as[putCase](w.harness, w.crew(), "POST", "/patient-conditions/"+id+"/reservations", asking(hospitals...))
	if res.StatusCode != 201 || len(put.Reservations) != len(hospitals) {
		w.t.Fatalf("%d %s", res.StatusCode, text)
	}
	paths := make([]string, len(hospitals))
	for i, r := range put.Reservations {
		paths[i] = "/reservations/" + r.ID
	}
	return paths
}

func asking(hospitals ...string) string {
	var body struct {
		Hospitals []map[string]string `json:"hospitals"`
	}
	for _, id := range hospitals {
		body.Hospitals = append(body.Hospitals, map[string]string{"hospital_id": id})
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// step carries out one that has to go well.
func (w *ward) step(who, path, body string) Reservation {
	w.t.Helper()
	res, r, text := as[Reservation](w.harness, who, "POST", path, body)
	if res.StatusCode != 200 {
		w.t.Fatalf("%s %s: %d %s", who, path, res.StatusCode, text)
	}
	return r
}

// moved names the feeds that a change moves, each as often as it does.
func (w *ward) moved(change func()) string {
	w.t.Helper()
	before := w.heads()
	change()
	var out []string
	for i, seq := range w.heads() {
		for range seq - before[i] {
			out = append(out, wardFeeds[i].name)
		}
	}
	return strings.Join(out, " ")
}

// wardFeeds are all feeds that a reservation may move, by short names.
var wardFeeds = []struct{ name, feed string }{
	{"unit", "unit:0197f3a0-0000-7000-8000-00000000a201"}, {"control", "control:11"},
	{"here", "hospital:" + here}, {"south", "hospital:" + south}, {"region", "region:11"},
	{"elsewhere", "region:26"}, {"control26", "control:26"}, {"admin", "admin"},
}

func (w *ward) heads() (seqs []uint64) {
	w.t.Helper()
	for _, f := range wardFeeds {
		head, err := w.of.db.Head(w.t.Context(), f.feed)
		w.of.must(err)
		seqs = append(seqs, head.Seq)
	}
	return seqs
}

// facts are what a refusal says of what is true, as name: detail.
func facts(text string) string {
	var p Problem
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return text
	}
	out := []string{fmt.Sprintf("%d %s %s", p.Status, p.Code, p.Field)}
	for _, e := range p.Errors {
		out = append(out, e.Name+": "+e.Message)
	}
	return strings.Join(out, "; ")
}
