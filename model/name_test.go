package model

import (
	"strings"
	"testing"
)

func TestShortName(t *testing.T) {
	for name, want := range map[string]string{
		"경희대학교병원":                  "경희대학교병원",
		"순천향대학교 부속 서울병원":           "순천향대학교 부속 서울병원",
		"의료법인 길의료재단 길병원":           "길병원",
		"의료법인길의료재단길병원":             "길병원",
		"의료법인구의료재단구병원":             "구병원",
		"의료법인안동병원":                 "안동병원",
		"의료법인 거붕 백병원":              "거붕 백병원",
		"의료법인 영제 의료재단 엔케이세종병원":     "엔케이세종병원",
		"의료법인자인의료재단(더자인병원)":        "더자인병원",
		"의료법인인화재단한국병원":             "한국병원",
		"효산의료재단안양샘병원":              "안양샘병원",
		"(의)성세의료재단 뉴성민병원":          "뉴성민병원",
		"의)근원의료재단경산중앙병원":           "경산중앙병원",
		"(재)미리내천주성삼성직수도회천주성삼병원":    "미리내천주성삼성직수도회천주성삼병원",
		"학교법인)동의병원":                "동의병원",
		"학교법인 춘해병원":                "춘해병원",
		"학교법인가톨릭학원가톨릭대학교서울성모병원":    "가톨릭대학교서울성모병원",
		"학교법인건양교육재단건양대학교병원":        "건양대학교병원",
		"재단법인아산사회복지재단서울아산병원":       "서울아산병원",
		"재단법인베스티안재단베스티안병원":         "베스티안병원",
		"재단법인예수병원유지재단예수병원":         "예수병원",
		"재단법인일신기독교선교회 일신기독병원":      "일신기독병원",
		"부산성모병원(재단법인 천주교부산교구유지재단)": "부산성모병원",
		"고려대학교의과대학부속병원(안암병원)":      "고려대학교의과대학부속병원(안암병원)",
		"의료법인":       "의료법인",
		"의료재단":       "의료재단",
		"의료법인 한재단병원": "한재단병원",
		"":           "",
		"  ":         "",
		"(의)":        "(의)",
	} {
		if got := ShortName(name); got != want {
			t.Errorf("%s is called %q, want %q", name, got, want)
		}
	}
}

func TestNamesAreFoundByAnyPart(t *testing.T) {
	const name = "의료법인 길의료재단 길병원"
	for typed, want := range map[string]bool{
		"길병원": true, "길": true, "길 병원": true, "길의료재단": true, "의료법인길": true, "의료법인 길병원": true, "(의)길병원": true,
		" 길\t병원 ": true, "길병원 ": true, "서울": false, "병원길": false, "길병원장": false,
	} {
		if got := newNameQuery(typed).matches(name); got != want {
			t.Errorf("%q finds %s: %v", typed, name, got)
		}
	}
	if !newNameQuery("h+").matches("H + 양지병원") {
		t.Error("case matters")
	}
}

// A short name is part of the name, and never nothing.
func FuzzShortName(f *testing.F) {
	for _, s := range []string{"의료법인 길의료재단 길병원", "(의)", "의료법인자인의료재단(더자인병원)", "a(재단법인", "재단재단재단", "\xff학원"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		short := ShortName(name)
		if !strings.Contains(oneLine(name), short) || (short == "") != (oneLine(name) == "") {
			t.Errorf("%q is called %q", name, short)
		}
		if typed := newNameQuery(name); !typed.matches(name) {
			t.Errorf("%q does not find itself", name)
		}
	})
}
