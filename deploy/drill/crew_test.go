package drill

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"weer/api/client"
	"weer/deploy/lab"
	"weer/model"
	"weer/model/fault"
)

// What a crew does over REST, as the SDK says it to a real node.
func TestACrewFindsAHospitalAndKeepsACase(t *testing.T) {
	env := lab.Settings(t, "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), lab.Simulate(t).URL(), 5*time.Second)
	n := lab.Serve(t, "node", env)
	in := client.SignIn("demo.crew", "weer-demo-crew", n.URL())
	r, err := client.NewREST(client.RESTOptions{URLs: []string{n.URL()}, Token: in.Token})
	if err != nil {
		t.Fatal(err)
	}
	signOn(t, r)

	severe := 2
	made, moved, err := r.OpenCase(t.Context(), client.Triage{KTAS: &severe, Sex: "male"}, client.Clinical{AVPU: "voice"})
	if err != nil || made.State != model.CaseOpen || len(moved) == 0 {
		t.Fatalf("opened %+v, moved %+v, %v", made, moved, err)
	}
	if list, err := r.Cases(t.Context(), true); err != nil || len(list) != 1 || list[0].ID != made.ID || *list[0].KTAS != severe {
		t.Errorf("the crew's open cases are %+v, %v", list, err)
	}
	pulse := 96.0
	after, _, err := r.ChangeCase(t.Context(), made, nil, &client.Clinical{AVPU: "alert", Pulse: &pulse})
	if err != nil || after.Version <= made.Version {
		t.Fatalf("changed to %+v, %v", after, err)
	}
	if _, _, err := r.ChangeCase(t.Context(), made, nil, &client.Clinical{AVPU: "pain"}); !fault.Is(err, fault.PreconditionFailed) {
		t.Errorf("a change of the version before: %v", err)
	}
	if c, err := r.Case(t.Context(), made.ID); err != nil || c.Clinical == nil || c.Clinical.AVPU != "alert" || *c.Clinical.Pulse != pulse {
		t.Errorf("read %+v, %v", c, err)
	}
	if closed, _, err := r.CloseCase(t.Context(), after, model.CaseArrived); err != nil || closed.State != model.CaseArrived {
		t.Errorf("closed to %+v, %v", closed, err)
	}
	find(t, r)
}

// signOn puts the crew on the demo's unit; the token from before is void as soon as
// its node has heard of that, which the next call then mends by itself.
func signOn(t *testing.T, r *client.REST) {
	t.Helper()
	var demo struct {
		Items []struct{ Login, Unit string }
	}
	if err := r.Do(t.Context(), client.Request{Method: http.MethodGet, Path: "/session/demo"}, &demo); err != nil {
		t.Fatal(err)
	}
	for _, a := range demo.Items {
		if a.Login != "demo.crew" {
			continue
		}
		if err := r.SignOn(t.Context(), a.Unit); err != nil {
			t.Fatal(err)
		}
		lab.Until(t, "the crew is signed on", 3*time.Second, func() error { // by then every node has heard of it
			who, err := r.Who(t.Context())
			if err == nil && who.Unit != a.Unit {
				err = fmt.Errorf("signed on as %+v", who)
			}
			return err
		})
		return
	}
	t.Fatalf("no crew among %+v", demo.Items)
}

func find(t *testing.T, r *client.REST) {
	t.Helper()
	need := client.Need{From: model.Point{Lat: 37.5663, Lon: 126.9779}, KM: 50, Items: []string{"er.general"}, Regions: []string{"11"}, Misses: true}
	var found []client.Found
	lab.Until(t, "hospitals are found", 30*time.Second, func() (err error) {
		found, _, err = r.Find(t.Context(), need)
		if err == nil && len(found) == 0 {
			err = fault.New(fault.NotFound, "none yet")
		}
		return err
	})
	for _, f := range found {
		if f.ID == "" || f.Name == "" || f.Fit != "yes" && len(f.Reasons) == 0 || f.Road == nil || f.Road.By != "estimate" {
			t.Errorf("found %+v", f)
		}
	}
	patient := client.Patient{From: &need.From, KM: need.KM, Regions: need.Regions, KTAS: 2, Category: "severe.mi_reperfusion"}
	if ranking, err := r.Rank(t.Context(), patient); err != nil || len(ranking.Items) != min(ranking.Total, 4) || ranking.Total == 0 || len(ranking.LeftOut) > 0 || ranking.Items[0].Score <= 0 {
		t.Errorf("ranked %+v, %v", ranking, err)
	}
	_, at, err := r.Find(t.Context(), need)
	if err != nil || len(at) == 0 || at[0].Feed != seoul || at[0].Seq == 0 {
		t.Errorf("found as of %+v, %v", at, err)
	}
}
