package client_test

import (
	"testing"
	"testing/synctest"

	"weer/api/client"
	"weer/model"
)

func TestAPatientIsAskedForAsTheServerReadsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := newDesk(t, says(200, `{"items":[{"id":"A1100001","fit":"yes","score_minutes":12.5,"net":{"state":"known","free":3,"contested":-1},
			"road":{"minutes":7.5},"reasons":[{"part":"beds","code":"beds_free","fit":"yes","minutes":2,"count":3,"ko":"병상 3"}]}],
			"total":9,"left_out":[{"id":"A1100002","net":{"state":"not_offered"}}],"total_left_out":1,"feeds":[{"feed":"region:11","epoch":"e","seq":7}]}`))
		for _, c := range []struct {
			patient client.Patient
			query   string
		}{
			{client.Patient{Regions: []string{"11", "41"}}, "region=11%2C41"},
			{client.Patient{From: &model.Point{Lat: 37.5, Lon: 127}, KM: 30, KTAS: 2, Category: "severe.burn", AgeBand: "child", Item: "icu.general", Limit: 3},
				"age_band=child&category=severe.burn&item=icu.general&ktas=2&lat=37.5&limit=3&lon=127&within_km=30"},
		} {
			ranking, err := r.Rank(t.Context(), c.patient)
			if err != nil || len(ranking.Items) != 1 || ranking.Total != 9 || ranking.TotalLeftOut != 1 || ranking.Feeds[0].Seq != 7 {
				t.Fatalf("%+v, %v", ranking, err)
			}
			if asked := d.calls[len(d.calls)-1]; asked.path != "/api/v1/rank" || asked.query != c.query {
				t.Errorf("asked %s?%s", asked.path, asked.query)
			}
			first, out := ranking.Items[0], ranking.LeftOut[0]
			if first.Score != 12.5 || *first.Net.Free != 3 || *first.Net.Contested != -1 || first.Road.Minutes != 7.5 || first.Reasons[0].Code != model.FactBeds || first.Reasons[0].Korean != "병상 3" {
				t.Errorf("%+v", first)
			}
			if out.Net.State != model.NetNotOffered || out.Net.Free != nil || out.Road != nil {
				t.Errorf("%+v", out)
			}
		}
	})
}
