package model

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRegionOfAnAddress(t *testing.T) {
	for address, want := range map[string]struct{ code, district string }{
		"서울특별시 동대문구 경희대로 23 (회기동)": {"11", "동대문구"},
		"서울 중구 을지로 245":            {"11", "중구"},
		"서울시 중구":                   {"11", "중구"},
		"전남광주통합특별시 목포시 영산로":        {"12", "목포시"},
		"광주광역시 동구 제봉로 42":          {"12", "동구"},
		"광주 북구":                    {"12", "북구"},
		"전라남도 화순군 화순읍":             {"12", "화순군"},
		"  전남  목포시  영산로 483-0":     {"12", "목포시"},
		"부산광역시 해운대구":               {"26", "해운대구"},
		"대구광역시 군위군 군위읍":            {"27", "군위군"},
		"인천광역시 제물포구":               {"28", "제물포구"},
		"대전 서구":                    {"30", "서구"},
		"울산광역시 울주군":                {"31", "울주군"},
		"세종특별자치시 보듬7로 20 (도담동)":    {"36", ""},
		"경기도 광주시 경충대로":             {"41", "광주시"},
		"충북 청주시 서원구":               {"43", "청주시"},
		"충청남도 천안시 동남구":             {"44", "천안시"},
		"경상북도 포항시 남구":              {"47", "포항시"},
		"경남 창원시 마산회원구":             {"48", "창원시"},
		"제주특별자치도 제주시":              {"50", "제주시"},
		"제주도 서귀포시":                 {"50", "서귀포시"},
		"강원도 원주시 일산로 20":           {"51", "원주시"},
		"강원특별자치도 강릉시":              {"51", "강릉시"},
		"전라북도 전주시 덕진구":             {"52", "전주시"},
		"전북특별자치도 익산시":              {"52", "익산시"},
		"해운대구 해운대로 875":            {"", ""},
		"광주시 초월읍":                  {"", ""}, // 경기도's, or nobody knows whose
		"":                         {"", ""},
		"평양직할시 중구역":                {"", ""},
	} {
		code, ok := RegionOfAddress(address)
		if code != want.code || ok != (want.code != "") || DistrictOfAddress(address) != want.district {
			t.Errorf("%q: %q %v %q", address, code, ok, DistrictOfAddress(address))
		}
	}
}

// Each region is found by each of its names, and by no other's.
func TestNamesOfRegionsAreDisjoint(t *testing.T) {
	seen := map[string]string{}
	for _, r := range Regions {
		for _, name := range append([]string{r.Name, r.Short}, r.Aliases...) {
			if other, twice := seen[name]; twice {
				t.Errorf("%s is %s and %s", name, other, r.Code)
			}
			seen[name] = r.Code
			if code, _ := RegionOfAddress(name + " 어디"); code != r.Code {
				t.Errorf("%s is in %q, not %s", name, code, r.Code)
			}
		}
	}
}

func TestBlanksInAnAddressDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"전남", "목포시", "영산로", "(", "광주", "세종"}), 0, 4).Draw(t, "words")
		blank := rapid.SampledFrom([]string{"  ", "\t", " \u00a0"}).Draw(t, "blank")
		tidy, loose := strings.Join(words, " "), blank+strings.Join(words, blank)+blank
		a, okA := RegionOfAddress(tidy)
		b, okB := RegionOfAddress(loose)
		if a != b || okA != okB || DistrictOfAddress(tidy) != DistrictOfAddress(loose) {
			t.Fatalf("%q and %q", tidy, loose)
		}
	})
}
