package model_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/fault"
)

func institutions(complete bool, rows ...model.Institution) model.InstitutionPoll {
	return model.InstitutionPoll{Source: model.SourceInstitutions, IntervalMS: 86_400_000, Complete: complete, Rows: rows}
}

func inList(id, address string) model.Institution {
	return model.Institution{HospitalID: id, Name: "목록 " + id, Address: address, Level: model.LevelLocal, LevelName: "지역응급의료센터",
		Tel: "02-0", MainTel: "02-1", Place: &model.Point{Lat: 37.5, Lon: 127}}
}

// list records an answer of operation 3 a second after what came before.
func (m *memory) list(t *testing.T, p model.InstitutionPoll) model.Run {
	t.Helper()
	m.now += second
	run, err := model.NewService(m, m).RecordInstitutions(t.Context(), fmt.Sprint("run", len(m.runs)), p)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestTheListSaysWhereAHospitalIs(t *testing.T) {
	for name, c := range map[string]struct {
		row              model.Institution
		region, district string
	}{
		"as it should be":   {inList(seoul, "서울특별시 강남구 일원로 81"), "11", "강남구"},
		"short, two blanks": {inList("A2600001", " 전남  목포시  영산로 483-0"), "12", "목포시"},
		"an old name":       {inList("A2500001", "전라북도 전주시 덕진구 건지로 20 (금암동"), "52", "전주시"},
		"without 시군구":       {inList("A1800001", "세종특별자치시 보듬7로 20"), "36", ""},
		"without 시도":        {inList(busan, "해운대구 해운대로 875"), "26", ""},
		"without anything":  {inList(busan, ""), "26", ""},
		"another region":    {inList("A2700001", "대구광역시 군위군 군위읍"), "27", "군위군"},
	} {
		m := newMemory()
		m.list(t, institutions(true, c.row))
		h := m.hospitals[c.row.HospitalID]
		if h.Region != c.region || h.Listed.District != c.district {
			t.Errorf("%s: %s %q", name, h.Region, h.Listed.District)
		}
		if v, feeds := m.key(h.ID, "hospital"); feeds != "region:"+c.region || !strings.Contains(v, `"region":"`+c.region+`"`) {
			t.Errorf("%s: %s in %s", name, v, feeds)
		}
	}
}

func TestAPlaceIsInKoreaOrNone(t *testing.T) {
	for _, c := range []struct {
		at    model.Point
		there bool
	}{
		{model.Point{Lat: 37.59, Lon: 127.05}, true}, {model.Point{Lat: 33.24, Lon: 126.56}, true}, {model.Point{Lat: 37.48, Lon: 130.9}, true},
		{model.Point{}, false}, {model.Point{Lat: 127.05, Lon: 37.59}, false}, {model.Point{Lat: 37.59}, false},
		{model.Point{Lat: math.NaN(), Lon: 127}, false}, {model.Point{Lat: 37, Lon: math.Inf(1)}, false},
	} {
		m := newMemory()
		row := inList(seoul, "")
		row.Place = &c.at
		m.list(t, institutions(true, row))
		if v, _ := m.key(seoul, "hospital"); strings.Contains(v, `"place"`) != c.there || v == "" {
			t.Errorf("%v: %s", c.at, v)
		}
	}
}

func TestAListEntryGoesAfterTwoCompletePolls(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds("A2700001", noon, 3)))
	entry := inList("A2700001", "대구광역시 군위군")
	for i, c := range []struct {
		p      model.InstitutionPoll
		region string
	}{
		{institutions(true, entry), "27"}, {institutions(false), "27"}, {institutions(true), "27"}, {institutions(false), "27"},
		{institutions(true, entry), "27"}, {institutions(true), "27"}, {institutions(true), "47"}, {institutions(true), "47"}, {institutions(true, entry), "27"},
	} {
		m.list(t, c.p)
		if _, feeds := m.key("A2700001", "er"); feeds != "region:"+c.region {
			t.Errorf("step %d: beds in %s", i, feeds)
		}
	}
	writes := m.writes
	if run := m.list(t, institutions(true, entry)); run.Changed != 0 || m.writes != writes {
		t.Errorf("%+v", run)
	}
}

func TestARowOfTheListThatCannotBeKept(t *testing.T) {
	for name, spoil := range map[string]func(*model.Institution){
		"hpid":          func(i *model.Institution) { i.HospitalID = "A9900001" },
		"dutyName":      func(i *model.Institution) { i.Name = strings.Repeat("가", model.MaxName+1) },
		"dutyAddr":      func(i *model.Institution) { i.Address = "a\x00" },
		"dutyEmcls":     func(i *model.Institution) { i.Level = model.Level(strings.Repeat("G", model.MaxLevel+1)) },
		"dutyEmclsName": func(i *model.Institution) { i.LevelName = "\xff" },
		"dutyTel3":      func(i *model.Institution) { i.Tel = "1\n2" },
		"dutyTel1":      func(i *model.Institution) { i.MainTel = "\x7f" },
	} {
		m := newMemory()
		row := inList(seoul, "")
		spoil(&row)
		run := m.list(t, institutions(true, row, inList(busan, "")))
		if len(run.Rejected) != 1 || run.Changed != 1 || name != "hpid" && !strings.Contains(run.Rejected[0], name) {
			t.Errorf("%s: %+v", name, run)
		}
	}
}

func (m *memory) override(t *testing.T, id, field, value string) {
	t.Helper()
	m.now += second
	_, err := model.NewService(m, m).Override(t.Context(), id, model.Override{Field: field, Value: value, Owner: "a.kim", Reason: "목록이 틀림"})
	set := m.hospitals[id].Overrides[field]
	if err != nil || set.SetAt != m.now || set.Value != value {
		t.Fatal(set, err)
	}
}

func (m *memory) takeBack(t *testing.T, id, field string) {
	t.Helper()
	if _, err := model.NewService(m, m).TakeBack(t.Context(), id, field); err != nil {
		t.Fatal(err)
	}
}

func TestAnOverrideBeatsTheListFieldByField(t *testing.T) {
	m := newMemory()
	m.list(t, institutions(true, inList(seoul, "서울특별시 중구 을지로")))
	before, _ := m.key(seoul, "hospital")
	for _, c := range []struct{ field, value, shown string }{
		{model.FieldName, "국립", `"name":"국립"`},
		{model.FieldAddress, "서울 종로구", `"address":"서울 종로구"`},
		{model.FieldDistrict, "종로구", `"district":"종로구"`},
		{model.FieldLevel, "G001", `"level":"G001","level_name":"권역응급의료센터"`},
		{model.FieldLevel, "G777", `"level":"G777",`},
		{model.FieldTel, "119", `"tel":"119"`},
		{model.FieldMainTel, "120", `"main_tel":"120"`},
		{model.FieldLat, "37.25", `"place":{"lat":37.25,"lon":127}`},
		{model.FieldLon, "126.5", `"place":{"lat":37.5,"lon":126.5}`},
	} {
		m.override(t, seoul, c.field, c.value)
		if v, _ := m.key(seoul, "hospital"); !strings.Contains(v, c.shown) {
			t.Errorf("%s: %s", c.field, v)
		}
		m.list(t, institutions(true, inList(seoul, "서울특별시 중구 을지로"))) // the daily list does not undo it
		if v, _ := m.key(seoul, "hospital"); !strings.Contains(v, c.shown) || m.hospitals[seoul].Listed.Tel != "02-0" {
			t.Errorf("%s after the list: %s", c.field, v)
		}
		m.takeBack(t, seoul, c.field)
		if v, _ := m.key(seoul, "hospital"); v != before {
			t.Errorf("%s taken back: %s", c.field, v)
		}
	}
}

func TestHalfAPlaceIsNone(t *testing.T) {
	m := newMemory()
	row := inList(seoul, "")
	row.Place = nil
	m.list(t, institutions(true, row))
	m.override(t, seoul, model.FieldLat, "37.5")
	if v, _ := m.key(seoul, "hospital"); strings.Contains(v, "place") {
		t.Error(v)
	}
	m.override(t, seoul, model.FieldLon, "127.5")
	if v, _ := m.key(seoul, "hospital"); !strings.Contains(v, `"place":{"lat":37.5,"lon":127.5}`) {
		t.Error(v)
	}
}

func TestAnOverriddenRegionMovesTheHospital(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	hints := len(m.hints)
	m.override(t, seoul, model.FieldRegion, "26")
	if _, feeds := m.key(seoul, "er"); feeds != "region:26" || len(m.hints) != hints+2 {
		t.Errorf("in %s, %d hints", feeds, len(m.hints)-hints)
	}
	m.take(t, poll(true, beds(seoul, noon+second, 4), beds(busan, noon, 1)))
	if _, feeds := m.key(seoul, "er"); feeds != "region:26" {
		t.Errorf("in %s", feeds)
	}
	m.takeBack(t, seoul, model.FieldRegion)
	if _, feeds := m.key(seoul, "er"); feeds != "region:11" {
		t.Errorf("in %s", feeds)
	}
	writes, hints := m.writes, len(m.hints)
	m.takeBack(t, seoul, model.FieldRegion)
	if m.writes != writes+1 || len(m.hints) != hints {
		t.Error("what is taken back twice is told twice")
	}
}

func TestAnOverrideThatCannotStand(t *testing.T) {
	good := model.Override{Field: model.FieldTel, Value: "1", Owner: "a", Reason: "r"}
	change := func(do func(*model.Override)) model.Override { o := good; do(&o); return o }
	for field, c := range map[string]struct {
		id string
		o  model.Override
	}{
		"hpid":   {"A9900001", good},
		"owner":  {seoul, change(func(o *model.Override) { o.Owner = "" })},
		"reason": {seoul, change(func(o *model.Override) { o.Reason = "" })},
		"field":  {seoul, change(func(o *model.Override) { o.Field = "beds" })},
		"value":  {seoul, change(func(o *model.Override) { o.Value = "1\n2" })},
	} {
		m := newMemory()
		m.take(t, poll(true, beds(seoul, noon, 3)))
		_, err := model.NewService(m, m).Override(t.Context(), c.id, c.o)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	m := newMemory()
	for field, value := range map[string]string{
		model.FieldRegion: "99", model.FieldLat: "127", model.FieldLon: "here", model.FieldName: "", model.FieldLevel: strings.Repeat("G", 21),
	} {
		if _, err := model.NewService(m, m).Override(t.Context(), seoul, model.Override{Field: field, Value: value, Owner: "a", Reason: "r"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s %q: %v", field, value, err)
		}
	}
	if _, err := model.NewService(m, m).Override(t.Context(), seoul, good); !fault.Is(err, fault.NotFound) || len(m.hospitals) != 0 {
		t.Errorf("%v, %d hospitals", err, len(m.hospitals))
	}
	if _, err := model.NewService(m, m).TakeBack(t.Context(), seoul, model.FieldTel); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

// Whatever lists and overrides come: a field shows the override that stands,
// else the list's, and the hospital is in one region only.
func TestAnyOverridesBeatAnyList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		s := model.NewService(m, m)
		tel, region := "", ""
		address := map[string]string{"11": "서울 중구", "26": "부산 중구", "41": "경기 수원시"}
		listedIn, listedTel := "", ""
		for range rapid.IntRange(2, 20).Draw(t, "steps") {
			m.now += second
			var err error
			kind := "list"
			if listedIn != "" {
				kind = rapid.SampledFrom([]string{"list", "tel", "region", "no tel", "no region"}).Draw(t, "what")
			}
			set := func(field, value string) {
				_, err = s.Override(t.Context(), seoul, model.Override{Field: field, Value: value, Owner: "a", Reason: "r"})
			}
			switch kind {
			case "list":
				listedIn, listedTel = rapid.SampledFrom([]string{"11", "26", "41"}).Draw(t, "listed in"), rapid.SampledFrom([]string{"1", "2"}).Draw(t, "listed tel")
				row := inList(seoul, address[listedIn])
				row.Tel = listedTel
				_, err = s.RecordInstitutions(t.Context(), "r", institutions(true, row))
			case "tel":
				tel = rapid.SampledFrom([]string{"3", "4"}).Draw(t, "tel")
				set(model.FieldTel, tel)
			case "region":
				region = rapid.SampledFrom([]string{"11", "26", "41"}).Draw(t, "region")
				set(model.FieldRegion, region)
			case "no tel":
				tel = ""
				_, err = s.TakeBack(t.Context(), seoul, model.FieldTel)
			case "no region":
				region = ""
				_, err = s.TakeBack(t.Context(), seoul, model.FieldRegion)
			}
			if err != nil {
				t.Fatal(err)
			}
			wantTel, wantRegion := or(tel, listedTel), or(region, listedIn)
			v, feeds := m.key(seoul, "hospital")
			if feeds != "region:"+wantRegion || !strings.Contains(v, `"tel":"`+wantTel+`"`) || m.hospitals[seoul].Listed.Tel != listedTel {
				t.Fatalf("%s in %s, want %s in %s", v, feeds, wantTel, wantRegion)
			}
		}
	})
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
