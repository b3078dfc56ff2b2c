package model

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model/fault"
	"weer/model/feed"
)

func TestWhoMayReadWhat(t *testing.T) {
	control := Principal{Subject: "c", Role: RoleControl, Regions: []string{"11"}}
	for _, tc := range []struct {
		who  Principal
		feed string
		want fault.Code // "" is yes
	}{
		{Principal{Role: RoleViewer}, "region:11", ""},
		{Principal{Role: RoleCrew}, "region:41", ""},
		{Principal{Role: "stranger"}, "region:11", fault.Forbidden},
		{Principal{}, "region:11", fault.Forbidden},
		{control, "control:11", ""},
		{control, "control:26", fault.Forbidden},
		{Principal{Role: RoleAdmin}, "control:11", fault.Forbidden},
		{Principal{Role: RoleAdmin}, "admin", ""},
		{Principal{Role: RoleHospital}, "admin", fault.Forbidden},
		{Principal{Role: RoleAdmin}, "system", fault.Forbidden},
		{Principal{Role: RoleHospital}, "hospital:A1100001", fault.Forbidden},
		{Principal{Role: RoleHospital, Hospital: "A1100002"}, "hospital:A1100001", fault.Forbidden},
		{Principal{Role: RoleHospital, Hospital: "A1100001"}, "hospital:A1100001", ""},
		{control, "hospital:A1100001", ""},
		{control, "hospital:A1200001", fault.Forbidden},
		{Principal{Role: RoleCrew, Unit: "u1"}, "unit:u1", ""},
		{Principal{Role: RoleCrew, Unit: "u2"}, "unit:u1", fault.Forbidden},
		{Principal{Role: RoleCrew}, "unit:u1", fault.Forbidden},
		{Principal{Role: RoleIntegration, Key: "k", Scopes: []Right{ReadRuns}}, "region:11", fault.Forbidden},
		{Principal{Role: RoleIntegration, Key: "k", Scopes: []Right{ReadBoard}}, "region:11", ""},
		{Principal{Role: RoleViewer}, "region:1", fault.UnknownFeed},
		{Principal{Role: RoleViewer}, "region:99", fault.UnknownFeed},
		{control, "control:99", fault.UnknownFeed},
		{Principal{Role: RoleViewer}, "region:11 ", fault.UnknownFeed},
		{Principal{Role: RoleViewer}, "Region:11", fault.UnknownFeed},
		{Principal{Role: RoleViewer}, "", fault.UnknownFeed},
	} {
		err := tc.who.MayRead(tc.feed)
		if tc.want == "" && err != nil || tc.want != "" && !fault.Is(err, tc.want) {
			t.Errorf("%s reading %q: got %v, want %q", tc.who.Role, tc.feed, err, tc.want)
		}
	}
}

func TestCatalogueIsWhole(t *testing.T) {
	if len(Items) != 54 || len(itemByCode) != 54 {
		t.Fatalf("%d items, %d codes; operation 1 has 54 pairs", len(Items), len(itemByCode))
	}
	perGroup := map[Group]int{}
	for _, i := range Items {
		perGroup[i.Group]++
		if i.Korean == "" || i.English == "" || !feed.ValidKey(i.Code) {
			t.Errorf("item %+v lacks a name", i)
		}
		if strings.HasPrefix(i.Code, "equipment.") != (i.Group == GroupEquipment) {
			t.Errorf("%s is in group %s", i.Code, i.Group)
		}
	}
	want := map[Group]int{GroupER: 11, GroupICU: 16, GroupBeds: 17, GroupEquipment: 10}
	if !maps.Equal(perGroup, want) {
		t.Errorf("groups have %v items, want %v", perGroup, want)
	}
}

func TestRegionsAreSixteenAndDisjoint(t *testing.T) {
	seen := map[string]string{}
	for _, r := range Regions {
		if k, ok := feed.KindOf(feed.RegionFeed(r.Code)); !ok || k != feed.Region {
			t.Errorf("region %s has no feed", r.Code)
		}
		for _, p := range r.Prefixes {
			if other, twice := seen[p]; twice {
				t.Errorf("prefix %s belongs to %s and %s", p, other, r.Code)
			}
			seen[p] = r.Code
		}
	}
	if len(Regions) != 16 {
		t.Errorf("%d regions", len(Regions))
	}
	if code, ok := RegionOfHospital("A2600001"); !ok || code != "12" {
		t.Errorf("옛 전남 is %q", code)
	}
	for _, bad := range []string{"", "A9900001", "a1100001", "A110000", "A11000011"} {
		if code, ok := RegionOfHospital(bad); ok {
			t.Errorf("%q lies in %q", bad, code)
		}
	}
}

func TestReadingKeepsWhatItIs(t *testing.T) {
	for in, want := range map[Reading]string{
		{State: Known}: `{"state":"known","value":0}`,
		{State: Known, Value: -3, Total: 40, HasTotal: true}: `{"state":"known","value":-3,"total":40}`,
		{State: Unknown, Value: -1}:                          `{"state":"unknown","raw":-1}`,
		{State: Unknown}:                                     `{"state":"unknown"}`,
		{State: NotOffered}:                                  `{"state":"not_offered"}`,
		{State: NotReported, HasTotal: true}:                 `{"state":"not_reported","total":0}`,
	} {
		if got, _ := json.Marshal(in); string(got) != want {
			t.Errorf("%+v is written %s, want %s", in, got, want)
		}
	}
	for _, bad := range []string{`{"state":"known"}`, `{"state":"maybe"}`, `{}`} {
		if err := json.Unmarshal([]byte(bad), new(Reading)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s was read: %v", bad, err)
		}
	}
}

var anyReading = rapid.Custom(func(t *rapid.T) (r Reading) {
	r.State = rapid.SampledFrom([]ReadingState{Known, Unknown, NotReported, NotOffered}).Draw(t, "state")
	if r.State == Known || r.State == Unknown {
		r.Value = rapid.IntRange(-200, 3000).Draw(t, "value")
	}
	if r.HasTotal = rapid.Bool().Draw(t, "has total"); r.HasTotal {
		r.Total = rapid.IntRange(0, 3000).Draw(t, "total")
	}
	return r
})

// What In writes by hand is what encoding/json would write.
func TestGroupsAreOrdinaryJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := Readings{}
		for _, item := range rapid.SliceOfDistinct(rapid.SampledFrom(Items), func(i Item) string { return i.Code }).Draw(t, "items") {
			all[item.Code] = anyReading.Draw(t, item.Code)
		}
		if text, err := json.Marshal(map[string]Reading(all)); err != nil || string(all.JSON()) != string(text) {
			t.Fatalf("all is written %s, want %s (%v)", all.JSON(), text, err)
		}
		for _, g := range Groups {
			want := map[string]Reading{}
			for code, r := range all {
				if item, _ := ItemByCode(code); item.Group == g {
					want[code] = r
				}
			}
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			if got := all.In(g); len(want) == 0 && got != nil || len(want) > 0 && string(got) != string(text) {
				t.Fatalf("%s is written %s, want %s", g, got, text)
			}
		}
	})
}

func TestReadingRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyReading.Draw(t, "reading")
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out Reading
		if err := json.Unmarshal(b, &out); err != nil || out != in {
			t.Fatalf("%+v came back as %+v (%v)", in, out, err)
		}
	})
}
