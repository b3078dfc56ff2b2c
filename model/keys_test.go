package model

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weer/model/feed"
)

const ownID = "0197f3a0-0000-7000-8000-000000000001"

// everything is a hospital of which every operation, a push, a person and an
// administrator say something.
func everything() Hospital {
	text := Announcement{HospitalID: "A1100001", Source: SourceAnnouncements, Kind: AnnouncementSevere, Code: "Y0010", Disease: "severe.mi_reperfusion",
		Text: "심근경색 수용불가", Department: "심장내과", Automatic: true, StartsAt: testNoon, EndsAt: testNoon + testMin, SinceAt: testNoon}
	text.ID = text.Identify()
	own := Announcement{ID: ownID, HospitalID: "A1100001", Source: SourceConsole, Kind: AnnouncementER, Reason: ReasonOvercrowded, Text: "응급실 포화",
		Automatic: true, StartsAt: testNoon, EndsAt: testNoon + testMin, SinceAt: testNoon, By: "a.kim", Revision: 2}
	h := Hospital{
		ID: "A1100001", Name: "경희대학교병원", Tel: "02-958-8114",
		Listed: Institution{HospitalID: "A1100001", Name: "경희대학교병원", Address: "서울특별시 동대문구 경희대로 23 (회기동)", Region: "11",
			District: "동대문구", Level: LevelLocal, LevelName: "지역응급의료센터", Tel: "02-958-8119", MainTel: "02-958-8114", Place: &Point{37.59, 127.05}},
		Overrides: map[string]Override{FieldTel: {Field: FieldTel, Value: "02-958-0119"}},
		Observed: map[string]Observed{
			SourceBeds: seen(testNoon-testMin, 3),
			onePush:    {SourceTimes{testNoon, testNoon}, Readings{general: {State: Known, Value: 4, Total: 20, HasTotal: true}, "equipment.ct": {State: Known, Value: 1}, "icu.general": {State: Unknown, Value: -1}}},
		},
		Declarations:  Declarations{"severe.mi_reperfusion": {Accepts, "", testNoon}, "severe.delivery": {AcceptanceNotStated, "34주 이상", testNoon}},
		Announcements: map[string]Announcement{text.ID: text, ownID: own},
		Words: map[string]Word{"severe.delivery": {Disease: "severe.delivery", State: Refuses, Note: "야간",
			Said: Said{AcceptanceNotStated, "34주 이상"}, By: "a.kim", MadeAt: testNoon, EndsAt: testNoon + CorrectionMS}},
		Missed: map[string]int{SourceBeds: 0, SourceAcceptance: 0, SourceInstitutions: 1},
	}
	h.Corrections = map[string]Correction{general: {Item: general, Value: Reading{State: Known, Value: 2}, Said: h.said(general), By: "a.kim", MadeAt: testNoon, EndsAt: testNoon + CorrectionMS}}
	return h.settle(testNoon)
}

func TestKeysOfAHospital(t *testing.T) {
	h := everything()
	message := slices.Min(slices.Collect(maps.Keys(without(h.Announcements, ownID))))
	want := map[string]string{
		"hospital": `{"name":"경희대학교병원","region":"11","level":"G006","level_name":"지역응급의료센터","address":"서울특별시 동대문구 경희대로 23 (회기동)",` +
			`"district":"동대문구","tel":"02-958-0119","main_tel":"02-958-8114","place":{"lat":37.59,"lon":127.05}}`,
		"egen":       `{"observed_at":"2027-01-15T07:59:00.000Z","received_at":"2027-01-15T08:00:00.000Z"}`,
		"push":       `{"source":"push:one","observed_at":"2027-01-15T08:00:00.000Z","received_at":"2027-01-15T08:00:00.000Z"}`,
		"er":         `{"er.general":{"state":"known","value":2,"total":20}}`,
		"icu":        `{"icu.general":{"state":"unknown","raw":-1}}`,
		"equipment":  `{"equipment.ct":{"state":"known","value":1}}`,
		"corrected":  `{"er.general":{"value":{"state":"known","value":2},"source":{"state":"known","value":4,"total":20},"by":"a.kim","at":"2027-01-15T08:00:00.000Z","ends_at":"2027-01-15T08:30:00.000Z"}}`,
		"acceptance": `{"severe.delivery":{"state":"refuses","note":"야간","since":"2027-01-15T08:00:00.000Z"},"severe.mi_reperfusion":{"state":"accepts","since":"2027-01-15T08:00:00.000Z"}}`,
		"acceptance_corrected": `{"severe.delivery":{"value":{"state":"refuses","note":"야간"},"source":{"state":"not_reported","note":"34주 이상","since":"2027-01-15T08:00:00.000Z"},` +
			`"by":"a.kim","at":"2027-01-15T08:00:00.000Z","ends_at":"2027-01-15T08:30:00.000Z"}}`,
		"msg/" + ownID: `{"source":"console","kind":"er","reason":"overcrowded","text":"응급실 포화","automatic":true,` +
			`"starts_at":"2027-01-15T08:00:00.000Z","ends_at":"2027-01-15T08:01:00.000Z","since":"2027-01-15T08:00:00.000Z","by":"a.kim","revision":2}`,
		"msg/" + message: `{"source":"egen.messages","kind":"severe","disease":"severe.mi_reperfusion","code":"Y0010","text":"심근경색 수용불가","department":"심장내과","automatic":true,` +
			`"starts_at":"2027-01-15T08:00:00.000Z","ends_at":"2027-01-15T08:01:00.000Z","since":"2027-01-15T08:00:00.000Z"}`,
	}
	got := h.Keys()
	for name, value := range want {
		if v := string(got["A1100001/"+name]); v != value {
			t.Errorf("/%s is\n%s, want\n%s", name, v, value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d keys, want %d: %v", len(got), len(want), slices.Sorted(maps.Keys(got)))
	}
	for key := range got {
		if !feed.ValidKey(key) {
			t.Errorf("%q is no key", key)
		}
	}
}

func TestWhatEachSourceLeavesWhenItGoes(t *testing.T) {
	names := func(h Hospital) string {
		var list []string
		for _, key := range slices.Sorted(maps.Keys(h.settle(testNoon).Keys())) {
			name, _, _ := strings.Cut(strings.TrimPrefix(key, h.ID+"/"), "/")
			list = append(list, name)
		}
		return strings.Join(list, " ")
	}
	change := func(do func(*Hospital)) Hospital { h := everything(); do(&h); return h }
	for name, c := range map[string]struct {
		h    Hospital
		want string
	}{
		"all are there":                         {everything(), "acceptance acceptance_corrected corrected egen equipment er hospital icu msg msg push"},
		"beds":                                  {change(func(h *Hospital) { h.Missed[SourceBeds] = 2 }), "acceptance acceptance_corrected corrected equipment er hospital icu msg msg push"},
		"acceptance":                            {change(func(h *Hospital) { h.Missed[SourceAcceptance] = 2 }), "acceptance acceptance_corrected corrected egen equipment er hospital icu msg msg push"},
		"acceptance, and nobody says otherwise": {change(func(h *Hospital) { h.Missed[SourceAcceptance], h.Words = 2, nil }), "corrected egen equipment er hospital icu msg msg push"},
		"the push":                              {change(func(h *Hospital) { delete(h.Observed, onePush) }), "acceptance acceptance_corrected corrected egen er hospital msg msg"},
		"the messages":                          {change(func(h *Hospital) { h.Announcements = nil }), "acceptance acceptance_corrected corrected egen equipment er hospital icu push"},
		"the correction":                        {change(func(h *Hospital) { h.Corrections = nil }), "acceptance acceptance_corrected egen equipment er hospital icu msg msg push"},
		"the word":                              {change(func(h *Hospital) { h.Words = nil }), "acceptance corrected egen equipment er hospital icu msg msg push"},
		"all but one message":                   {Hospital{ID: "A1100001", Announcements: without(everything().Announcements, ownID)}, "hospital msg"},
		"all but one word":                      {Hospital{ID: "A1100001", Words: everything().Words, Declarations: everything().Declarations}, "acceptance acceptance_corrected hospital"},
		"all but a declaration of nothing":      {Hospital{ID: "A1100001", Missed: map[string]int{SourceAcceptance: 0}}, "hospital"},
		"all": {Hospital{ID: "A1100001", Name: "n", Overrides: everything().Overrides, Listed: everything().Listed,
			Missed: map[string]int{SourceBeds: 2, SourceInstitutions: 2}, Observed: map[string]Observed{SourceBeds: seen(testNoon, 1)}}, ""},
	} {
		if got := names(c.h); got != c.want {
			t.Errorf("without %s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhatAHospitalIsCalled(t *testing.T) {
	listed := Institution{HospitalID: "A1100001", Name: "목록", Tel: "1"}
	for name, c := range map[string]struct {
		h         Hospital
		want, tel string
	}{
		"by the list":           {Hospital{Listed: listed, Name: "병상", Tel: "2"}, "목록", "1"},
		"by the bed report":     {Hospital{Name: "병상", Tel: "2"}, "병상", "2"},
		"the list has no phone": {Hospital{Listed: Institution{HospitalID: "A1100001", Name: "목록"}, Name: "병상", Tel: "2"}, "목록", "2"},
		"by an administrator":   {Hospital{Listed: listed, Overrides: map[string]Override{FieldName: {Field: FieldName, Value: "이름"}}}, "이름", "1"},
		"by nobody":             {Hospital{}, "A1100001", ""},
	} {
		c.h.ID = "A1100001"
		if v := c.h.value(); v.Name != c.want || v.Tel != c.tel {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// A card holds what the keys say, so what a screen can know.
func TestACardIsMadeOfKeys(t *testing.T) {
	h := everything()
	h.Holds = map[string]Hold{"r": {Reservation: "r", Item: general, Kind: HoldComing, Since: testNoon}}
	h.Console, h.ConsoleAt = ReachAudible, testNoon
	c, err := ReadCard(h.ID, h.Keys())
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "경희대학교병원" || c.Region != "11" || c.Level != LevelLocal || c.Tel != "02-958-0119" || *c.Place != *h.Listed.Place || c.District != "동대문구" {
		t.Errorf("%+v", c)
	}
	if !c.Readings.Equal(h.Readings) || !maps.Equal(c.Declarations, h.Acceptance()) || c.ObservedAt != testNoon || c.Corrected[general] != testNoon {
		t.Errorf("%+v", c)
	}
	if want := slices.SortedFunc(maps.Values(h.Announcements), func(a, b Announcement) int { return strings.Compare(a.ID, b.ID) }); !slices.Equal(c.Announcements, want) {
		t.Errorf("%+v, want %+v", c.Announcements, want)
	}
	if made := h.Card(); !reflect.DeepEqual(made, c) {
		t.Errorf("of its rows it is %+v, of its keys %+v", made, c)
	}
	delete(h.Observed, onePush)
	if c, err = ReadCard(h.ID, h.settle(testNoon).Keys()); err != nil || c.ObservedAt.Std() != testNoon.Std().Add(-time.Minute) {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := ReadCard("A1100002", h.Keys()); err == nil {
		t.Error("a hospital without keys has a card")
	}
	keys := h.Keys()
	keys[h.ID+"/later"] = []byte(`"later"`)
	keys[h.ID+"/er"] = []byte(`{"er.general":{"state":"known"}}`)
	if _, err := ReadCard(h.ID, keys); err == nil || !strings.Contains(err.Error(), "A1100001/er") {
		t.Errorf("a known reading without a value was read: %v", err)
	}
}

// Whatever the sources say, a screen is given a number only where it is known.
func TestUnknownIsNeverANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Reading{State: rapid.SampledFrom([]ReadingState{Known, Unknown, NotReported, NotOffered}).Draw(t, "state"), Value: rapid.IntRange(-50, 50).Draw(t, "value")}
		o := Observed{SourceTimes{testNoon, testNoon}, Readings{general: r}}
		h := Hospital{ID: "A1100001", Observed: map[string]Observed{onePush: o}}.settle(testNoon)
		v := string(h.Keys()["A1100001/er"])
		if strings.Contains(v, `"value"`) != (r.State == Known) {
			t.Fatal(v)
		}
		found := Find([]Card{{Readings: h.Readings, ObservedAt: testNoon}}, Query{Items: []string{general}, Now: testNoon, Misses: true})
		if (found[0].Fit == FitYes) != (r.State == Known && r.Value > 0) {
			t.Fatalf("%+v", found[0])
		}
	})
}
