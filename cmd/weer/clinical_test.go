package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weer/deploy/lab"
	"weer/model"
)

// What is planted in the clinical part of a case, in every field of it, as it
// would be written wherever it leaks.
var planted = o{
	"systolic": 287.25, "diastolic": 211.125, "pulse": 311.5625, "respiration": 88.0625, "temperature": 41.8125, "spo2": 73.4375,
	"complaint": "심은가슴통증 planted-complaint",
}

var needles = []string{"287.25", "211.125", "311.5625", "88.0625", "41.8125", "73.4375", "심은가슴통증", "planted-complaint"}

// What is clinical is in no file, message, log, metric, event, error or receipt,
// as long as somebody watches and whatever becomes of the patient; and each of
// these places shows what is planted in it in clear.
func TestClinicalValuesAreNowhere(t *testing.T) {
	t.Parallel() // it waits for most of its time
	t.Run("SQLite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "weer.db")
		searched(t, file, nil, "--database-url", "sqlite:"+file)
	})
	t.Run("MariaDB and Redis", func(t *testing.T) {
		server, bus := lab.StartMariaDB(t), lab.Redis(t)
		keys := filepath.Join(t.TempDir(), "token.key")
		searched(t, server.Files(), bus, "--database-url", server.Database(t), "--redis-url", bus.URL, "--token-key", keys)
	})
}

func searched(t *testing.T, files string, bus *lab.RedisServer, args ...string) {
	w := conveneWatched(t, files, bus, args...)
	w.carry()
	w.until(w.heard)
	for name, p := range w.places() {
		if !strings.Contains(p.text, p.control) {
			t.Errorf("%s cannot be searched: no %q in %d bytes", name, p.control, len(p.text))
		}
		for _, needle := range p.needles() {
			t.Errorf("%s has %q", name, needle)
		}
	}
	w.spill(strings.Join(needles, " "))
	w.until(func() error {
		for name, p := range w.places() {
			if found := p.needles(); len(found) != len(needles) {
				return fmt.Errorf("%s holds all needles in clear, and %q are found in its %d bytes", name, found, len(p.text))
			}
		}
		return nil
	})
}

// carry brings the planted patient to a hospital and away again: opened, asked
// for at two hospitals, worse, refused with an old version, approved, read,
// canceled; with something wrong in between, and each command once more. Every
// answer is kept, but those of the reads that may show what is clinical.
func (w *watched) carry() {
	w.t.Helper()
	w.open()
	w.mistake()
	w.request()
	w.worsen()
	w.answer()
	w.look()
	w.give()
	for _, path := range []string{"/patient-conditions", "/reservations", "/reservations?going=true&case=" + w.id, "/feeds/unit:" + demoUnit.ID + "/snapshot"} {
		w.say(model.RoleCrew, 200, "GET", request{path: path})
	}
	w.say(model.RoleHospital, 200, "GET", request{path: "/feeds/hospital:" + ownHospital + "/snapshot"})
	w.say(model.RoleControl, 200, "GET", request{path: "/feeds/control:11/snapshot"})
	w.say(model.RoleIntegration, 200, "GET", request{path: w.path})
}

func (w *watched) open() {
	in := request{path: "/patient-conditions", body: o{"triage": o{"ktas": 3}, "clinical": planted}}
	w.id = w.made(w.tokens[model.RoleCrew], in)
	w.say(model.RoleCrew, 201, "POST", in.under("planted-open"))
	w.say(model.RoleCrew, 201, "POST", in.under("planted-open"))
}

// mistake sends what is planted where it does not belong.
func (w *watched) mistake() {
	path := "/patient-conditions/" + w.id
	for _, wrong := range []o{
		{"clinical": o{"systolic": 9287.25, "complaint": strings.Repeat("심은가슴통증", 200)}},
		{"clinical": o{"systolic": "287.25", "diastolic": []string{"planted-complaint"}, "심은": 1}},
		{"clinical": o{"systolic": 88.0625, "diastolic": 211.125}},
	} {
		w.say(model.RoleCrew, 422, "PATCH", request{path: path, body: wrong, header: asRead})
	}
	w.say(model.RoleCrew, 422, "PATCH", request{path: path, body: o{"clinical": planted}})
	w.say(model.RoleCrew, 412, "PATCH", request{path: path, body: o{"clinical": planted}, header: map[string]string{"If-Match": `"9"`}})
	w.say(model.RoleCrew, 422, "POST", request{path: path + "/reservations", body: o{"hospitals": []o{{"hospital_id": ownHospital, "complaint": planted["complaint"]}}, "clinical": planted}})
}

func (w *watched) request() {
	in := request{path: "/patient-conditions/" + w.id + "/reservations", body: o{"hospitals": []o{{"hospital_id": ownHospital}, {"hospital_id": foreignHospital}}}}
	var asked struct{ Reservations []struct{ ID string } }
	w.read(w.say(model.RoleCrew, 201, "POST", in.under("planted-ask")), &asked)
	w.say(model.RoleCrew, 201, "POST", in.under("planted-ask"))
	w.path, w.other = "/reservations/"+asked.Reservations[0].ID, "/reservations/"+asked.Reservations[1].ID
}

func (w *watched) worsen() {
	worse := o{"avpu": "pain"}
	for name, value := range planted {
		worse[name] = value
	}
	w.say(model.RoleCrew, 200, "PATCH", request{path: "/patient-conditions/" + w.id, body: o{"triage": o{"ktas": 1}, "clinical": worse}, header: asRead})
}

func (w *watched) answer() {
	yes := func(version int) request {
		return request{path: w.path + "/approve", body: o{"case_version": version, "override": "검증"}}
	}
	if a := w.say(model.RoleHospital, 412, "POST", yes(1)); !strings.Contains(string(a.body), `"clinical"`) {
		w.t.Errorf("the hospital is not told that the clinical part changed: %s", a.body)
	}
	w.say(model.RoleHospital, 422, "POST", request{path: w.path + "/approve", body: o{"case_version": 287.25, "complaint": planted["complaint"]}})
	w.say(model.RoleHospital, 200, "POST", yes(2).under("planted-yes"))
	w.say(model.RoleHospital, 200, "POST", yes(2).under("planted-yes"))
	w.say(model.RoleHospital, 200, "POST", request{path: w.path + "/acknowledge", body: o{"case_version": 2}})
	w.keep(w.ask(w.elsewhere(model.RoleHospital), request{path: w.other + "/approve", body: o{"case_version": 2}}, "POST"), 409)
}

// look reads what is planted, as those who may, and asks as those who may not.
func (w *watched) look() {
	w.t.Helper()
	for role, path := range map[model.Role]string{
		model.RoleCrew: "/patient-conditions/" + w.id, model.RoleControl: w.path + "/patient-condition",
		model.RoleHospital: w.path + "/patient-condition", model.RoleIntegration: w.path + "/patient-condition",
	} {
		a := w.ask(w.tokens[role], request{path: path}, "GET")
		if found := (place{text: string(a.body)}).needles(); a.status != 200 || len(found) != len(needles) {
			w.t.Errorf("%s reads %d and %q of what is planted", role, a.status, found)
		}
	}
	w.keep(w.ask(w.elsewhere(model.RoleHospital), request{path: w.other + "/patient-condition"}, "GET"), 403)
	w.say(model.RoleViewer, 403, "GET", request{path: w.path + "/patient-condition"})
	w.say(model.RoleHospital, 403, "GET", request{path: "/patient-conditions/" + w.id})
}

// give takes the patient away from the hospital again.
func (w *watched) give() {
	w.say(model.RoleCrew, 200, "POST", request{path: w.path + "/confirm", body: o{"state": "approved"}})
	w.say(model.RoleCrew, 200, "POST", request{path: w.path + "/extend", body: o{"arrive_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}})
	w.say(model.RoleCrew, 200, "POST", request{path: w.path + "/cancel", body: o{}})
	w.say(model.RoleHospital, 403, "GET", request{path: w.path + "/patient-condition"})
}
