package api

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"weer/api/road"
	"weer/model"
	"weer/model/feed"
)

// told is what an answer says of a hospital, in a line.
func (r RankedHospital) told() string {
	codes := make([]string, len(r.Reasons))
	for i, reason := range r.Reasons {
		codes[i] = string(reason.Code)
	}
	return r.ID + " " + r.Fit + ": " + strings.Join(codes, " ")
}

func told(list []RankedHospital) string {
	lines := make([]string, len(list))
	for i, r := range list {
		lines[i] = r.told()
	}
	return strings.Join(lines, "; ")
}

const (
	hereTold  = "A1100001 yes: accepted_noted minutes beds_free fresh regional_centre console_none"
	southTold = "A1100002 unknown: not_declared minutes beds_withdrawn local_centre console_none"
	busanTold = "A1200001 no: not_declared no_minutes beds_not_offered local_centre console_none"
)

func TestRankingOverREST(t *testing.T) {
	roads := &asked{}
	h := hear(t, Options{Router: roads})
	const burn = "/rank?lat=37.5&lon=127.03&category=severe.burn"
	_, page, text := as[Ranking](h.harness, "crew", "GET", burn+"&ktas=2", "")
	if got := told(page.Items); got != hereTold+"; "+southTold+"; "+busanTold {
		t.Fatalf("%s (%s)", got, text)
	}
	if len(roads.calls) != 1 || len(roads.calls[0]) != 2 || len(page.Feeds) != 2 || page.Total != 3 || page.TotalLeftOut != 0 {
		t.Errorf("the roads were asked for %v; %s", roads.calls, text)
	}
	best := page.Items[0]
	if best.Name != "서울시청병원" || best.Item != "er.general" || best.Net.State != model.NetKnown || *best.Net.Free != 3 || *best.Net.Contested != 3 ||
		best.Road.By != road.ByOSRM || best.Freshness != feed.Fresh || best.Acceptance.State != model.Accepts || best.Acceptance.Note != "성인" || best.Console != "" {
		t.Errorf("%+v", best)
	}
	w := model.DefaultWeights
	if want := best.Road.Minutes + w.Noted + w.PerBed + w.ConsoleNone; math.Abs(best.Score-want) > 1e-9 {
		t.Errorf("score %v, want %v", best.Score, want)
	}
	if r := best.Reasons[0]; r.Korean != "중증화상 조건부 가능" || r.Part != model.PartAcceptance || r.Fit != "yes" || r.Minutes != w.Noted || r.About != "severe.burn" {
		t.Errorf("%+v", r)
	}
	if south := page.Items[1]; south.Net.Free != nil || south.Acceptance.State != model.AcceptanceNotStated || south.Freshness != feed.Withdrawn {
		t.Errorf("a number of two hours ago: %+v", south)
	}
	if last := page.Items[2]; last.Road != nil || last.Fit != "no" {
		t.Errorf("%+v", last)
	}
}

func TestWhatARankingLeavesOut(t *testing.T) {
	h := hear(t, Options{})
	for query, want := range map[string]string{
		"lat=37.5&lon=127.03":                       "A1100001 A1100002 A1200001 of 3, without",
		"lat=37.5&lon=127.03&ktas=1":                "A1100001 A1100002 A1200001 of 3, without",
		"lat=37.5&lon=127.03&ktas=3":                "A1100001 A1100002 of 2, without A1200001",
		"lat=37.5&lon=127.03&ktas=3&limit=1":        "A1100001 of 2, without A1200001",
		"lat=37.5&lon=127.03&within_km=1":           "A1100002 A1200001 of 2, without",
		"region=26":                                 "A1200001 of 1, without",
		"region=11":                                 "A1100001 A1100002 of 2, without",
		"region=11&age_band=child":                  "A1100001 A1100002 of 2, without",
		"region=11&item=icu.general&ktas=5":         "A1100002 of 1, without A1100001",
		"region=11&within_km=3":                     "invalid within_km",
		"ktas=1":                                    "invalid lat",
		"lat=1&lon=1":                               "invalid lat",
		"lat=37.5&lon=127.03&ktas=6":                "invalid ktas",
		"region=99&item=er.sofa":                    "invalid item region",
		"region=11&category=flu&age_band=middle&x=": "invalid x",
		"region=11&category=flu&age_band=middle":    "invalid age_band category",
	} {
		res, page, text := as[Ranking](h.harness, "crew", "GET", "/rank?"+query, "")
		got := problem(text)
		if res.StatusCode == http.StatusOK {
			got = strings.TrimSpace(fmt.Sprintf("%s of %d, without %s", idsOf(page.Items), page.Total, idsOf(page.LeftOut)))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func idsOf(list []RankedHospital) string {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	return strings.Join(ids, " ")
}
