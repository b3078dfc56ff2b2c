package sim_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"weer/ingest/sim"
	"weer/model/fault"
)

// notified is a 응급실운영신고기관: in the list, without beds.
const notified = "A1700023"

func TestSetHoldsUntilRelease(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	status, answer := post(s, "/set", `{"hospital":"A1100001","items":{"er.general":-3,"equipment.ct":0}}`)
	if status != 200 || answer["hospital"] != kyunghee {
		t.Fatalf("%d %v", status, answer)
	}
	others := map[string]bool{}
	for range 50 {
		row := texts(s)[kyunghee]
		if !strings.Contains(row, "<hvec>-3</hvec>") || !strings.Contains(row, "<hvctayn>N") {
			t.Fatal(row)
		}
		others[hvidate.ReplaceAllString(row, "")] = true
		c.pass(37 * time.Second)
	}
	if len(others) < 3 {
		t.Error("the other items stand still too")
	}
	if status, _ := post(s, "/release", `{"hospital":"A1100001"}`); status != 200 {
		t.Fatal(status)
	}
	if row := texts(s)[kyunghee]; strings.Contains(row, "<hvec>-3</hvec>") {
		t.Errorf("still held: %s", row)
	}
}

func TestSetReportsAtOnce(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Speed: 1, Now: c.now})
	s.Pause(true)
	c.pass(time.Minute)
	if err := s.Set(kyunghee, map[string]int{"er.general": 2}); err != nil {
		t.Fatal(err)
	}
	at, _ := nation(t, s).byID()[kyunghee].get("hvidate")
	if at < "20261102120100" {
		t.Errorf("set at 12:01:00, reported at %s", at)
	}
}

// row is one hospital's row of an operation.
func row(t *testing.T, s *sim.Sim, operation int, id string) item {
	t.Helper()
	return parse(t, body(s, operation, "HPID="+id)).byID()[id]
}

func expect(t *testing.T, i item, tag, want string) {
	t.Helper()
	if got, there := i.get(tag); got != want || there != (want != "") {
		t.Errorf("%s is %q (there: %v), want %q", tag, got, there, want)
	}
}

func TestAcceptanceIsSetUntilRelease(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	before := body(s, 2, "")
	set := `{"hospital":"A1100001","acceptance":{"severe.mi_reperfusion":"refuses","severe.burn":"accepts","severe.aorta_thoracic":"not_reported"},` +
		`"notes":{"severe.low_birth_weight":"1.5 kg <"}}`
	if status, answer := post(s, "/set", set); status != 200 {
		t.Fatal(status, answer)
	}
	for range 4 {
		i := row(t, s, 2, kyunghee)
		expect(t, i, "MKioskTy1", "불가능")
		expect(t, i, "MKioskTy19", "Y         ")
		expect(t, i, "MKioskTy5", "정보미제공")
		expect(t, i, "MKioskTy15Msg", "1.5 kg <")
		c.pass(15 * time.Minute)
	}
	c.pass(-time.Hour)
	_ = s.Release(kyunghee)
	if body(s, 2, "") != before {
		t.Error("not as before")
	}
}

func TestMessagesArePostedLiftedAndRemoved(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	const words = "CT 고장 <수리 중> & 문의"
	said := func() (found []item) {
		for _, i := range parse(t, body(s, 9, "HPID="+kyunghee)).Items {
			if text, _ := i.Children.get("symBlkMsg"); text == words {
				found = append(found, i.Children)
			}
		}
		return found
	}
	do := func(change string) {
		t.Helper()
		if status, answer := post(s, "/set", `{"hospital":"A1100001",`+change+`}`); status != 200 {
			t.Fatal(change, status, answer)
		}
	}
	do(`"message":{"text":"` + words + `","code":"Y0020","department":"신경과","ends_at":"2026-11-02T04:00:00Z","automatic":true}`)
	got := said()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	for tag, want := range map[string]string{
		"symTypCod": "Y0020", "symBlkMsgTyp": "중증", "symOutDspYon": "차단", "symOutDspMth": "자동", "trtPrtCodMag": "신경과",
		"symBlkSttDtm": "20261102120000", "symBlkEndDtm": "20261102130000", "symTypCodMag": "뇌경색의 재관류중재술", "emcOrgCod": kyunghee,
	} {
		expect(t, got[0], tag, want)
	}
	do(`"lift":"` + words + `"`)
	expect(t, said()[0], "symOutDspYon", "해제")
	do(`"remove":"` + words + `"`)
	if len(said()) != 0 {
		t.Error("it is still there")
	}
	do(`"message":{"text":"` + words + `"}`)
	if got = said(); len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	expect(t, got[0], "symBlkMsgTyp", "응급")
	expect(t, got[0], "symTypCod", "Y000")
	expect(t, got[0], "symOutDspYon", "차단")
	expect(t, got[0], "symBlkEndDtm", "")
	_ = s.Release(kyunghee)
	if len(said()) != 0 {
		t.Error("it is there after the release")
	}
}

// What a hospital says by itself is lifted and removed too, and is back after
// the release.
func TestItsOwnMessagesAreLiftedAndRemoved(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	s.Pause(true)
	before := body(s, 9, "")
	var id, words string
	for _, i := range parse(t, before).Items {
		if state, _ := i.Children.get("symOutDspYon"); state == "차단" {
			id, _ = i.Children.get("hpid")
			words, _ = i.Children.get("symBlkMsg")
			break
		}
	}
	states := func() (list []string) {
		for _, i := range parse(t, body(s, 9, "HPID="+id)).Items {
			if text, _ := i.Children.get("symBlkMsg"); text == words {
				state, _ := i.Children.get("symOutDspYon")
				list = append(list, state)
			}
		}
		return list
	}
	if err := s.Change(sim.Change{Hospital: id, Lift: words}); err != nil {
		t.Fatal(err)
	}
	if got := states(); len(got) == 0 || slices.Contains(got, "차단") {
		t.Error(got)
	}
	if err := s.Change(sim.Change{Hospital: id, Remove: words}); err != nil {
		t.Fatal(err)
	}
	if got := states(); len(got) != 0 {
		t.Error(got)
	}
	if _ = s.Release(id); body(s, 9, "") != before {
		t.Error("not as before")
	}
}

func TestTheListIsMovedAndRenamed(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	do := func(change string) item {
		t.Helper()
		if status, answer := post(s, "/set", `{"hospital":"A1100001","list":`+change+`}`); status != 200 {
			t.Fatal(change, status, answer)
		}
		return row(t, s, 3, kyunghee)
	}
	i := do(`{"name":"새 이름 & 병원","lat":37.5,"lon":127.25,"level":"G099"}`)
	expect(t, i, "dutyName", "새 이름 & 병원")
	expect(t, i, "wgs84Lat", "37.5")
	expect(t, i, "wgs84Lon", "127.25")
	expect(t, i, "dutyEmcls", "G099")
	expect(t, i, "dutyEmclsName", "")
	expect(t, row(t, s, 1, kyunghee), "dutyName", "경희대학교병원")
	i = do(`{"unplaced":true,"address":"부산광역시 서구 1","tel":"051-1"}`)
	expect(t, i, "wgs84Lat", "")
	expect(t, i, "dutyAddr", "부산광역시 서구 1")
	expect(t, i, "dutyTel3", "051-1")
	expect(t, i, "dutyName", "새 이름 & 병원") // what is left out stays
	if len(do(`{"unlisted":true}`)) != 0 {
		t.Error("it is still listed")
	}
	_ = s.Release("")
	expect(t, row(t, s, 3, kyunghee), "wgs84Lat", "37.5938765502235")
}

func TestBadControlsNameTheirField(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for _, c := range []struct {
		path, body string
		status     int
		field      string
	}{
		{"/set", `{"hospital":"A9999999","items":{"er.general":3}}`, 422, "hospital"},
		{"/set", `{"items":{"er.general":3}}`, 422, "hospital"},
		{"/set", `{"hospital":"A1100001","items":{"er.generall":3}}`, 422, "items.er.generall"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":900}}`, 422, "items.er.general"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":-1000}}`, 422, "items.er.general"},
		{"/set", `{"hospital":"A1100001","items":{"equipment.ct":2}}`, 422, "items.equipment.ct"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":"3"}}`, 422, "items"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":1.5}}`, 422, "items"},
		{"/set", `{"hospital":"A1100001"}`, 422, "items"},
		{"/set", `{"hospital":"A1100001","item":{"er.general":3}}`, 422, "item"},
		{"/set", ``, 422, ""},
		{"/set", `[]`, 422, ""},
		{"/set", `{} {}`, 422, ""},
		{"/set", `{"hospital":"` + strings.Repeat("A", 70_000) + `"}`, 413, ""},
		{"/release", `{"hospital":"A9999999"}`, 422, "hospital"},
		{"/pause", `{}`, 422, "paused"},
		{"/pause", `{"paused":"yes"}`, 422, "paused"},
		{"/churn", `{}`, 422, "fraction"},
		{"/churn", `{"fraction":1.5}`, 422, "fraction"},
		{"/fault", `{"mode":"sometimes"}`, 422, "mode"},
		{"/fault", `{"mode":"half","count":-1}`, 422, "count"},
		{"/fault", `{"mode":"slow","delay_ms":-1}`, 422, "delay_ms"},
		{"/fault", `{"mode":"drop_hospital","hospital":"A9999999"}`, 422, "hospital"},
		{"/fault", `{"name":"half"}`, 422, "name"},
		{"/scenario", `{"name":"sometimes"}`, 422, "name"},
		{"/scenario", `{}`, 422, "name"},
		{"/scenario", `{"name":"half","operation":10}`, 422, "operation"},
		{"/scenario", `{"name":"half","count":-1}`, 422, "count"},
		{"/scenario", `{"mode":"half"}`, 422, "mode"},
		{"/set", `{"hospital":"` + notified + `","items":{"er.general":3}}`, 422, "items"},
		{"/set", `{"hospital":"` + notified + `","acceptance":{"severe.burn":"accepts"}}`, 422, "acceptance"},
		{"/set", `{"hospital":"A1100001","acceptance":{"severe.cold":"accepts"}}`, 422, "acceptance.severe.cold"},
		{"/set", `{"hospital":"A1100001","acceptance":{"severe.burn":"Y"}}`, 422, "acceptance.severe.burn"},
		{"/set", `{"hospital":"A1100001","acceptance":{"severe.burn":1}}`, 422, "acceptance"},
		{"/set", `{"hospital":"A1100001","notes":{"severe.burn":"x"}}`, 422, "notes.severe.burn"},
		{"/set", `{"hospital":"A1100001","notes":{"severe.bronchoscopy_infant":"` + strings.Repeat("가", 121) + `"}}`, 422, "notes.severe.bronchoscopy_infant"},
		{"/set", `{"hospital":"A1100001","message":{}}`, 422, "message.text"},
		{"/set", `{"hospital":"A1100001","message":{"text":"\u0001"}}`, 422, "message.text"},
		{"/set", `{"hospital":"A1100001","message":{"text":"x","code":"Y1"}}`, 422, "message.code"},
		{"/set", `{"hospital":"A1100001","message":{"text":"x","kind":"중증"}}`, 422, "message.kind"},
		{"/set", `{"hospital":"A1100001","message":{"text":"x","department":"` + strings.Repeat("가", 61) + `"}}`, 422, "message.department"},
		{"/set", `{"hospital":"A1100001","lift":"nobody said this"}`, 422, "lift"},
		{"/set", `{"hospital":"A1100001","remove":"nobody said this"}`, 422, "remove"},
		{"/set", `{"hospital":"A1100001","list":{"lat":37}}`, 422, "list.lon"},
		{"/set", `{"hospital":"A1100001","list":{"lon":127}}`, 422, "list.lat"},
		{"/set", `{"hospital":"A1100001","list":{"lat":91,"lon":127}}`, 422, "list.lat"},
		{"/set", `{"hospital":"A1100001","list":{"lat":37,"lon":181}}`, 422, "list.lon"},
		{"/set", `{"hospital":"A1100001","list":{"name":"` + strings.Repeat("가", 301) + `"}}`, 422, "list.name"},
	} {
		status, answer := post(s, c.path, c.body)
		field, _ := answer["field"].(string)
		if status != c.status || field != c.field || answer["message"] == "" || answer["code"] == "" {
			t.Errorf("%s %.80s: %d %v", c.path, c.body, status, answer)
		}
	}
	if _, answer := get(s, "/state"); len(answer["held"].(map[string]any)) != 0 {
		t.Errorf("a refused call left something: %v", answer)
	}
}

func TestSetIsAllOrNothing(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	err := s.Set(kyunghee, map[string]int{"er.general": 3, "er.nothing": 1})
	var f *fault.Error
	if !errors.As(err, &f) || f.Field != "items.er.nothing" {
		t.Error(err)
	}
	if _, answer := get(s, "/state"); len(answer["held"].(map[string]any)) != 0 {
		t.Errorf("%v", answer["held"])
	}
}
