package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"weer/api/client"
	"weer/deploy/lab"
	"weer/model"
	"weer/model/feed"
)

// mention lets a hospital's own system report, so that the hospital is known
// without a poll.
func (r *running) mention(hospital string) {
	r.t.Helper()
	now, err := r.db.Now(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	outcomes, _, err := r.service.Push(r.t.Context(), "push:test", []model.Observation{{
		HospitalID: hospital, ObservedAt: now, Readings: model.Readings{model.DefaultItem: {State: model.Known, Value: 3}},
	}})
	if err != nil || outcomes[0] != nil {
		r.t.Fatal(err, outcomes)
	}
}

// nurse is a call of a hospital's staff.
func (r *running) nurse(hospital string) context.Context {
	by := model.Principal{Subject: "nurse", Role: model.RoleHospital, Hospital: hospital}
	return model.WithCall(r.t.Context(), model.Call{By: by})
}

// hold proves that a console hears, and returns when its lease ends.
func (r *running) hold(id string) feed.Time {
	r.t.Helper()
	lease, _, err := r.service.ProveConsole(r.nurse(ownHospital), model.Console{HospitalID: ownHospital, ID: id, Visible: true, Audible: true})
	if err != nil || lease.Reach != model.ReachAudible {
		r.t.Fatalf("%+v, %v", lease, err)
	}
	return lease.EndsAt
}

// A reachShown is what a display of the region shows of the hospital.
type reachShown struct {
	Reach model.Reach
	Since feed.Time
}

// reach waits until a display shows a reach, and tells since when by the server's
// clock.
func (r *running) reach(d *client.Display, want model.Reach) (since feed.Time) {
	r.t.Helper()
	r.until(func() error {
		var v reachShown
		e, ok := d.Get(ownHospital + "/console")
		if ok {
			if err := json.Unmarshal(e.Value, &v); err != nil {
				r.t.Fatal(err)
			}
		}
		if v.Reach != want {
			return fmt.Errorf("the display shows %+v, want %s", v, want)
		}
		since = v.Since
		return nil
	})
	return since
}

// A console that falls silent is none on every display within moments of its
// lease's end, and one that comes back is heard.
func TestASilentConsoleIsOnEveryDisplay(t *testing.T) {
	t.Parallel() // it waits for most of its time
	file := filepath.Join(t.TempDir(), "weer.db")
	r := begin(t, "--database-url", "sqlite:"+file, "--roles", "api,hub")
	defer r.end()
	r.mention(ownHospital)
	w := r.wall(file, nil, "region:11")
	w.live(r)
	d, id := w.displays["region:11"], uuid.NewString()
	ends := r.hold(id)
	r.reach(d, model.ReachAudible)
	since := r.reach(d, model.ReachNone)
	if since < ends || since > ends+2_000 { // 17 s after its last word at the latest
		t.Errorf("the lease ended at %d, and the feed says none since %d", ends, since)
	}
	r.hold(id)
	r.reach(d, model.ReachAudible)
	w.off()
}

// A console whose node is gone, and that reaches no other, is ended by the nodes
// that are left.
func TestAnotherNodeEndsTheConsolesOfOneThatIsGone(t *testing.T) {
	t.Parallel() // it waits for most of its time
	url := lab.StartMariaDB(t).Database(t)
	keys := filepath.Join(t.TempDir(), "token.key")
	args := []string{"--database-url", url, "--token-key", keys, "--roles", "api,hub"}
	first, second := begin(t, args...), begin(t, args...)
	defer second.end()
	first.mention(ownHospital)
	ends := first.hold(uuid.NewString())
	first.end()
	var v reachShown
	second.until(func() error {
		text, err := second.db.Value(t.Context(), feed.RegionFeed(ownRegion), ownHospital+"/console")
		if err == nil {
			err = json.Unmarshal(text, &v)
		}
		if err == nil && v.Reach != model.ReachNone {
			err = fmt.Errorf("%+v", v)
		}
		return err
	})
	if v.Since < ends || v.Since > ends+2_000 {
		t.Errorf("the lease ended at %d, and the feed says none since %d", ends, v.Since)
	}
}
