package sim_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"weer/ingest/sim"
)

// cityHall of Seoul.
const cityHall = "WGS84_LAT=37.5663&WGS84_LON=126.9779"

// query is a good one for an operation, the widest that there is.
func query(operation int) string {
	return map[int]string{4: cityHall, 5: "HPID=" + kyunghee, 7: cityHall, 8: "QN=" + url.QueryEscape("병원")}[operation]
}

// The row counts are those of recorded answers.
func TestEveryOperationHasItsRows(t *testing.T) {
	for seed := range uint64(3) {
		s := sim.New(sim.Options{Seed: seed, Now: noon().now})
		for operation, want := range map[int][2]int{
			1: {417, 417}, 2: {438, 438}, 3: {528, 534}, 4: {60, 100}, 5: {1, 1}, 6: {1, 44}, 7: {0, 12}, 8: {1, 44}, 9: {600, 800},
		} {
			d := parse(t, body(s, operation, query(operation)))
			if d.Code != "00" || d.Total != len(d.Items) || d.Total < want[0] || d.Total > want[1] {
				t.Errorf("seed %d, operation %d: %s, %d rows of %d, want %v", seed, operation, d.Code, len(d.Items), d.Total, want)
			}
		}
	}
}

// In every operation the order is that of recorded answers, ids are everywhere,
// and nothing is empty.
func TestEveryOperationIsInTheWiresOrder(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for operation := 1; operation <= 9; operation++ {
		for _, i := range parse(t, body(s, operation, query(operation))).Items {
			var tags []string
			for _, e := range i.Children {
				tags = append(tags, strings.ToLower(e.XMLName.Local))
				if e.Text == "" {
					t.Fatalf("operation %d: %s is empty", operation, e.XMLName.Local)
				}
			}
			if id, _ := i.Children.get("hpid"); len(id) != 8 || !slices.IsSorted(tags) {
				t.Fatalf("operation %d: %q %v", operation, id, tags)
			}
		}
	}
}

// Every tag of the recorded answers of operations 2 to 9 comes, spelled alike.
func TestTagsAreTheRecordedOnes(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for operation, tags := range map[int]string{
		2: "dutyName hpid MKioskTy1 MKioskTy10 MKioskTy10Msg MKioskTy12Msg MKioskTy14Msg MKioskTy15Msg MKioskTy27Msg MKioskTy28",
		3: "dutyAddr dutyEmcls dutyEmclsName dutyName dutyTel1 dutyTel3 hpid rnum wgs84Lat wgs84Lon",
		4: "cnt distance dutyAddr dutyDiv dutyDivName dutyName dutyTel1 endTime hpid latitude longitude rnum startTime",
		5: "dgidIdName dutyAddr dutyEryn dutyHano dutyHayn dutyName dutyTel3 dutyTime1c dutyTime1s hpbdn hperyn hpgryn hpid hpopyn hvec MKioskTy1 MKioskTy25 o001 o038 postCdn1 postCdn2 wgs84Lat",
		6: "dutyEmcls wgs84Lat",
		7: "dutyEmcls dutyLvkl distance hpid",
		9: "dutyAddr dutyName emcOrgCod hpid rnum symBlkEndDtm symBlkMsg symBlkMsgTyp symBlkSttDtm symOutDspMth symOutDspYon symTypCod symTypCodMag trtPrtCodMag",
	} {
		text := body(s, operation, query(operation))
		for tag := range strings.FieldsSeq(tags) {
			if !strings.Contains(text, "<"+tag+">") {
				t.Errorf("operation %d has no %s", operation, tag)
			}
		}
	}
}

func TestSeedAndClockDecideEveryOperation(t *testing.T) {
	a, b := noon(), noon()
	one, two := sim.New(sim.Options{Seed: 7, Now: a.now}), sim.New(sim.Options{Seed: 7, Now: b.now})
	other := sim.New(sim.Options{Seed: 8, Now: a.now})
	a.pass(time.Hour)
	for operation := 1; operation <= 9; operation++ {
		body(two, operation, query(operation)) // being asked before moves nothing
	}
	b.pass(time.Hour)
	for operation := 1; operation <= 9; operation++ {
		x := body(one, operation, query(operation))
		if x != body(two, operation, query(operation)) {
			t.Errorf("operation %d: one seed and one clock, two answers", operation)
		}
		if operation != 6 && operation != 8 && operation != 7 && operation != 4 && x == body(other, operation, query(operation)) {
			t.Errorf("operation %d: two seeds, one answer", operation)
		}
	}
}

// The list is irregular as the source is.
func TestTheListIsIrregular(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	d := parse(t, body(s, 3, ""))
	levels, seen := map[string]int{}, map[string]int{}
	var names []string
	for _, i := range d.Items {
		name, _ := i.Children.get("dutyName")
		names = append(names, name)
		level, _ := i.Children.get("dutyEmcls")
		levels[level]++
		address, _ := i.Children.get("dutyAddr")
		_, placed := i.Children.get("wgs84Lat")
		_, alsoPlaced := i.Children.get("wgs84Lon")
		_, levelNamed := i.Children.get("dutyEmclsName")
		_, mainTel := i.Children.get("dutyTel1")
		for what, is := range map[string]bool{
			"abbreviated": strings.HasPrefix(address, "전남 "), "two blanks": strings.Contains(address, "  "),
			"parenthesis": strings.Count(address, "(") != strings.Count(address, ")"),
			"no place":    !placed, "no level name": !levelNamed, "no main number": !mainTel,
		} {
			if is {
				seen[what]++
			}
		}
		if placed != alsoPlaced {
			t.Errorf("%s has half a place", name)
		}
	}
	if !slices.IsSorted(names) {
		t.Error("not by name")
	}
	if levels["G001"] != 44 || levels["G006"] != 139 || levels["G007"] != 234 || levels["G009"] < 105 {
		t.Error(levels)
	}
	if len(seen) != 6 || seen["no place"] != 1 {
		t.Errorf("the list is too regular: %v", seen)
	}
}

// From month to month a few come and go.
func TestTheListHasANumberOfRowsThatMoves(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Speed: 1, Now: c.now})
	counts := map[int]bool{}
	for range 12 {
		n := parse(t, body(s, 3, "")).Total
		if n < 528 || n > 534 {
			t.Fatal(n)
		}
		counts[n] = true
		c.pass(30 * 24 * time.Hour)
	}
	if len(counts) < 3 {
		t.Error(counts)
	}
}

func TestFiltersOfTheOtherOperations(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	seoul, dong := url.QueryEscape("서울특별시"), url.QueryEscape("동구")
	total := func(operation int, query string) int { return parse(t, body(s, operation, query)).Total }
	if a, b := total(2, "STAGE1="+seoul), total(2, ""); a < 40 || a >= b {
		t.Errorf("%d of %d", a, b)
	}
	if a, b := total(3, "Q0="+seoul), total(3, ""); a < 50 || a >= b {
		t.Errorf("%d of %d", a, b)
	}
	if a, b := total(9, "Q0="+seoul), total(9, ""); a < 30 || a >= b {
		t.Errorf("%d of %d", a, b)
	}
	if total(9, "STAGE1="+seoul) != total(9, "") {
		t.Error("operation 9 knows STAGE1")
	}
	if n := total(3, "QN="+url.QueryEscape("경희대학교병원")); n < 1 || n > 3 {
		t.Error(n)
	}
	if total(3, "HPID=A9999999")+total(5, "HPID=A9999999") != 0 {
		t.Error("nobody was found")
	}
	for _, i := range parse(t, body(s, 3, "Q1="+dong)).Items {
		if address, _ := i.Children.get("dutyAddr"); !strings.Contains(address, "동구") {
			t.Error(address)
		}
	}
	accepting := parse(t, body(s, 2, "SM_TYPE=19"))
	for _, i := range accepting.Items {
		expect(t, i.Children, "MKioskTy19", "Y         ")
	}
	if accepting.Total == 0 || accepting.Total == total(2, "") || total(2, "SM_TYPE=28") != 438 {
		t.Error(accepting.Total)
	}
}

func TestQueriesThatLackSomethingAreRefused(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for _, c := range []struct {
		operation   int
		query, code string
	}{
		{2, "SM_TYPE=29", "10"}, {2, "SM_TYPE=x", "10"}, {4, "", "11"}, {4, "WGS84_LAT=37", "11"}, {4, "WGS84_LAT=37&WGS84_LON=x", "10"},
		{4, "WGS84_LAT=95&WGS84_LON=127", "10"}, {5, "", "11"}, {8, "", "11"}, {9, "pageNo=0", "10"}, {3, "numOfRows=x", "10"},
	} {
		q := "serviceKey=simulated&" + c.query
		if got := parse(t, call(s, c.operation, q).Body.String()); got.Code != c.code || len(got.Items) != 0 {
			t.Errorf("operation %d, %q: %+v", c.operation, c.query, got)
		}
	}
	for operation := 1; operation <= 9; operation++ {
		if got := parse(t, call(s, operation, "serviceKey=wrong").Body.String()); got.Code != "99" {
			t.Errorf("operation %d: %+v", operation, got)
		}
	}
}

func TestNearAPoint(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	last := 0.0
	for _, i := range parse(t, body(s, 4, cityHall)).Items {
		number := func(tag string) float64 {
			text, _ := i.Children.get(tag)
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(tag, err)
			}
			return x
		}
		// Flat earth: right to a part in a thousand over 20 km.
		lat, lon := number("latitude")-37.5663, (number("longitude")-126.9779)*math.Cos(37.55*math.Pi/180)
		flat := math.Hypot(lat, lon) * math.Pi / 180 * 6371
		if far := number("distance"); math.Abs(far-flat) > .01+flat/500 || far < last {
			t.Errorf("%v km after %v, on a flat earth %v", far, last, flat)
		}
		last = number("distance")
	}
	if far := parse(t, body(s, 4, "WGS84_LAT=0&WGS84_LON=0")); far.Total != 0 || len(far.Items) != 0 {
		t.Error("nobody without a place is in the Gulf of Guinea")
	}
}

// Operation 5 says of beds what operation 1 says, and of diseases something else.
func TestBasicInfoAgreesWithBeds(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	beds, declared := nation(t, s).byID(), parse(t, body(s, 2, "")).byID()
	differs := 0
	for _, id := range s.Hospitals()[:40] {
		basic := row(t, s, 5, id)
		for op5, op1 := range map[string]string{"hvec": "hvec", "hperyn": "hvs01", "o001": "hvec", "hpbdn": "hvs38", "hvicc": "hvicc"} {
			want, _ := beds[id].get(op1)
			expect(t, basic, op5, want)
		}
		a, _ := basic.get("MKioskTy5")
		if b, _ := declared[id].get("MKioskTy5"); strings.TrimSpace(b) != a {
			differs++
		}
		if departments, _ := basic.get("dgidIdName"); !strings.HasPrefix(departments, "\n") {
			t.Errorf("%q", departments)
		}
	}
	if differs == 0 {
		t.Error("the two lists of diseases are one")
	}
	code, _ := row(t, s, 5, kyunghee).get("postCdn2")
	if code != "47 " {
		t.Errorf("%q", code)
	}
	if len(row(t, s, 5, notified)) < 10 {
		t.Error("one without beds has no basic info")
	}
}

// Whatever is asked, the answer is one of the service's or the gateway's.
func FuzzQuery(f *testing.F) {
	for operation := range names {
		f.Add(operation, query(operation)+"&serviceKey=simulated")
	}
	f.Add(1, "serviceKey=simulated&numOfRows=99999&pageNo=99999&STAGE1=%zz")
	f.Add(4, "serviceKey=simulated&WGS84_LAT=NaN&WGS84_LON=-Inf")
	f.Add(9, "serviceKey=simulated&Q1=%00&HPID=&HPID=A1100001")
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	f.Fuzz(func(t *testing.T, operation int, query string) {
		r := httptest.NewRequest(http.MethodGet, service+names[1+uint(operation)%9], nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code == http.StatusBadRequest {
			return // Korean that is not escaped
		}
		if d := parse(t, w.Body.String()); w.Code != http.StatusOK || resultCode.FindString(d.Code) == "" || len(d.Items) > d.Total {
			t.Errorf("%d %.300s", w.Code, w.Body)
		}
	})
}

var resultCode = regexp.MustCompile(`^(00|10|11|99)$`)

func BenchmarkAnswer(b *testing.B) {
	for _, operation := range []int{1, 2, 3, 9} {
		b.Run(fmt.Sprintf("operation=%d", operation), func(b *testing.B) {
			s := sim.New(sim.Options{Seed: 1})
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(body(s, operation, ""))))
			}
		})
	}
}
