package egen

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
)

func TestRecordedInstitutions(t *testing.T) {
	for _, c := range []struct {
		file string
		op   *operation[model.Institution]
		want []model.Institution
	}{
		{"op3_guide.xml", &institutions, []model.Institution{
			{
				HospitalID: "A0000191", Name: "서울적십자병원", Address: "서울특별시 종로구 평동 164 (새문안로 98)", Region: "11", District: "종로구",
				Level: model.LevelLocalUnit, Tel: "02-2002-8888", MainTel: "02-2002-8000", Place: &model.Point{Lat: 37.56740267694248, Lon: 126.96704997103927},
			},
			{
				HospitalID: "A0000190", Name: "강북삼성병원", Address: "서울특별시 종로구 평동 108 (새문안길 78)", Region: "11", District: "종로구",
				Level: model.LevelLocal, Tel: "02-2001-1000", MainTel: "02-2001-2114", Place: &model.Point{Lat: 37.5685066114755, Lon: 126.96784412105825},
			},
			{
				HospitalID: "A0000005", Name: "서울대학교병원", Address: "서울특별시 종로구 연건동 (대학로 101)", Region: "11", District: "종로구",
				Level: model.LevelRegional, Tel: "02-2072-2475", MainTel: "02-2072-2114", Place: &model.Point{Lat: 37.57976260966429, Lon: 126.99897999722211},
			},
			{
				HospitalID: "A0000033", Name: "세란병원", Address: "서울특별시 종로구 무악동 32-2 (통일로 256)", Region: "11", District: "종로구",
				Level: model.LevelLocalUnit, Tel: "737-0181(200)", MainTel: "02-737-0181", Place: &model.Point{Lat: 37.575139160755775, Lon: 126.95746391615384},
			},
		}},
		{"op3_trimmed_202607.xml", &institutions, []model.Institution{
			{
				HospitalID: "A1700023", Name: "(의)내경의료재단울산제일병원", Address: "울산광역시 남구 남산로354번길 26 (신정동)", Region: "31", District: "남구",
				Level: model.LevelReported, LevelName: "응급실운영신고기관", Tel: "052-220-3334", Place: &model.Point{Lat: 35.54823820112527, Lon: 129.30701143429678},
			},
			{
				HospitalID: "A1200028", Name: "(의)서일의료재단기장병원", Address: "부산광역시 기장군 기장읍 대청로72번길 6", Region: "26", District: "기장군",
				Level: model.LevelLocalUnit, LevelName: "지역응급의료기관", Tel: "051-723-2119", Place: &model.Point{Lat: 35.23602946449906, Lon: 129.21649161387128},
			},
			{HospitalID: "A9999999", Name: "좌표없는기관"},
		}},
		{"op5_guide.xml", &institution, []model.Institution{{
			HospitalID: "A1100014", Name: "고려대학교의과대학부속구로병원", Address: "서울특별시 구로구 구로동로 148, 고려대부속구로병원 (구로동)", Region: "11", District: "구로구",
			Tel: "02-2626-1557", MainTel: "02-2626-1114", Place: &model.Point{Lat: 37.49211114525054, Lon: 126.8847449363546},
		}}},
		{"op5_kyunghee.xml", &institution, []model.Institution{{
			HospitalID: "A1100001", Name: "경희대학교병원", Address: "서울특별시 동대문구 경희대로 23 (회기동)", Region: "11", District: "동대문구",
			Tel: "02-958-8282", MainTel: "02-958-8114", Place: &model.Point{Lat: 37.5938765502235, Lon: 127.05183223390303},
		}}},
	} {
		t.Run(c.file, func(t *testing.T) {
			p, err := decode(sample(t, c.file), c.op)
			if err != nil || len(p.values) != len(c.want) || len(p.rejected) != 0 {
				t.Fatalf("%+v, %v", p, err)
			}
			for i, want := range c.want {
				if got := p.values[i]; !got.Equal(want) {
					t.Errorf("%+v (%v), want %+v (%v)", got, got.Place, want, want.Place)
				}
			}
		})
	}
}

func listedAs(t *testing.T, children string) model.Institution {
	t.Helper()
	p, err := decode(item(children), &institutions)
	if err != nil || len(p.values) != 1 || len(p.rejected) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	return p.values[0]
}

func TestPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		lat, lon string
		want     *model.Point
	}{
		"a hospital":                  {"37.5", "127", &model.Point{Lat: 37.5, Lon: 127}},
		"with blanks":                 {" 37.5\n", " 127 ", &model.Point{Lat: 37.5, Lon: 127}},
		"Jeju":                        {"33.2481", "126.5649", &model.Point{Lat: 33.2481, Lon: 126.5649}},
		"Ulleungdo":                   {"37.4844", "130.9057", &model.Point{Lat: 37.4844, Lon: 130.9057}},
		"Baengnyeongdo":               {"37.9743", "124.7163", &model.Point{Lat: 37.9743, Lon: 124.7163}},
		"nowhere":                     {"0", "0", nil},
		"blank":                       {"", "", nil},
		"half":                        {"37.5", "", nil},
		"the other half":              {"", "127", nil},
		"no longitude":                {"37.5", "0", nil},
		"the wrong way":               {"127", "37.5", nil},
		"Tokyo":                       {"35.68", "139.69", nil},
		"Beijing":                     {"39.9", "116.4", nil},
		"the other half of the world": {"-37.5", "-127", nil},
		"no number":                   {"NaN", "NaN", nil},
		"without end":                 {"Inf", "127", nil},
		"an exponent":                 {"375e-1", "127", nil},
		"hexadecimal":                 {"0x25", "127", nil},
		"degrees":                     {"37°30'", "127°", nil},
		"two points":                  {"37.5.1", "127", nil},
		"a huge number":               {strings.Repeat("9", 400), "127", nil},
		"twice, and differs":          {"37.5</wgs84Lat><wgs84Lat>37.6", "127", nil},
	} {
		got := listedAs(t, "<WGS84LAT></WGS84LAT><wgs84Lat>"+c.lat+"</wgs84Lat><wgs84lon>"+c.lon+"</wgs84lon>").Place
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for written, want := range map[string][3]string{
		"서울특별시 동대문구 경희대로 23 (회기동)":         {"서울특별시 동대문구 경희대로 23 (회기동)", "11", "동대문구"},
		"  경기도  성남시\n분당구  ":                {"경기도 성남시 분당구", "41", "성남시"},
		"전남 목포시 고하대로 795-2 (연산동)":          {"전남 목포시 고하대로 795-2 (연산동)", "12", "목포시"},
		"광주광역시 동구 필문대로 365":                {"광주광역시 동구 필문대로 365", "12", "동구"},
		"전남광주통합특별시 북구 설죽로 291":             {"전남광주통합특별시 북구 설죽로 291", "12", "북구"},
		"강원도 춘천시 백령로 156":                  {"강원도 춘천시 백령로 156", "51", "춘천시"},
		"전라북도 전주시 덕진구 건지로 20":              {"전라북도 전주시 덕진구 건지로 20", "52", "전주시"},
		"세종특별자치시 보듬7로 20, 세종충남대학교병원 (도담동)": {"세종특별자치시 보듬7로 20, 세종충남대학교병원 (도담동)", "36", ""},
		"인천광역시 서구 심곡로100번길 25 (심곡동, 인천":    {"인천광역시 서구 심곡로100번길 25 (심곡동, 인천", "28", "서구"},
		"":          {"", "11", ""}, // from the hpid
		"어딘가 모르는 곳": {"어딘가 모르는 곳", "11", ""},
	} {
		i := listedAs(t, "<dutyAddr>"+written+"</dutyAddr>")
		if got := [3]string{i.Address, i.Region, i.District}; got != want {
			t.Errorf("%q: %q, want %q", written, got, want)
		}
	}
}

func TestLevelsAndTelephones(t *testing.T) {
	i := listedAs(t, "<dutyemcls> G001 </dutyemcls><dutyEmclsName>권역응급의료센터</dutyEmclsName><dutyTel1>1644-9118</dutyTel1><dutyTel3>737-0181(200)</dutyTel3>")
	if i.Level != model.LevelRegional || i.LevelName != "권역응급의료센터" || i.MainTel != "1644-9118" || i.Tel != "737-0181(200)" {
		t.Errorf("%+v", i)
	}
	i = listedAs(t, "<dutyEmcls>G010</dutyEmcls><dutyEmclsName>전문응급의료센터</dutyEmclsName><dutyTel1>-</dutyTel1>")
	if i.Level != "G010" || i.LevelName != "전문응급의료센터" || i.MainTel != "" || i.Tel != "" {
		t.Errorf("a level invented later: %+v", i)
	}
	i = listedAs(t, "<dutyEmcls>G001</dutyEmcls><dutyEmcls>G007</dutyEmcls><dutyTel3>1</dutyTel3><dutyTel3>2</dutyTel3>")
	if i.Level != "" || i.Tel != "" {
		t.Errorf("two of each: %+v", i)
	}
}

// Nothing of operation 5 but what the list has, and nothing of anybody.
func TestNothingElseIsRead(t *testing.T) {
	p, err := decode(item("<hv1>홍길동</hv1><hvdnm>홍길동</hvdnm><hv12>010-1234-5678</hv12><hvec>10</hvec><o001>14</o001><dutyInf>홍길동 원장</dutyInf><dutyName>병원</dutyName>"), &institution)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.values[0], (model.Institution{HospitalID: "A1100001", Name: "병원", Region: "11"}); got != want {
		t.Errorf("%+v", got)
	}
}

func TestOneInstitution(t *testing.T) {
	asked := ""
	answer := func(body string) *Client {
		return client(t, func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Path + "?" + r.URL.Query().Get("HPID")
			return reply(200, strings.NewReader(body)), nil
		})
	}
	a, err := answer(string(sample(t, "op5_kyunghee.xml"))).Institution(t.Context(), "A1100001")
	if err != nil || len(a.Values) != 1 || !a.Complete || a.Values[0].Name != "경희대학교병원" || asked != "/B552657/ErmctInfoInqireService/getEgytBassInfoInqire?A1100001" {
		t.Errorf("%s: %+v, %v", asked, a, err)
	}
	a, err = answer(string(sample(t, "op5_kyunghee.xml"))).Institution(t.Context(), "A1100002")
	if err != nil || len(a.Values) != 0 || fmt.Sprint(a.Rejected) != "[A1100001 was not asked for]" {
		t.Errorf("another one's answer: %+v, %v", a, err)
	}
	a, err = answer(string(sample(t, "errors/http200_empty_items_sibling_service.body.xml"))).Institution(t.Context(), "A1100002")
	if err != nil || len(a.Values) != 0 || len(a.Rejected) != 0 || a.Complete {
		t.Errorf("unknown: %+v, %v", a, err)
	}
	asked = ""
	for _, id := range []string{"", "a1100001", "A1100001&numOfRows=1", "서울"} {
		_, err = answer("").Institution(t.Context(), id)
		if f := fault.Public(err); !fault.Is(err, fault.Invalid) || f.Field != "hpid" || asked != "" {
			t.Errorf("%q: %v, asked %s", id, err, asked)
		}
	}
}

// A hospital that is in the list twice is one.
func TestAnInstitutionTwice(t *testing.T) {
	row := "<item><hpid>A1100001</hpid><dutyName>병원</dutyName></item>"
	body := "<response><header><resultCode>00</resultCode></header><body><items>" + row + row + "</items><totalCount>2</totalCount></body></response>"
	a, err := client(t, says(200, body)).Institutions(t.Context())
	if err != nil || len(a.Values) != 1 || a.Rows != 2 || !a.Complete {
		t.Errorf("%+v, %v", a, err)
	}
}
