package model

import (
	"slices"
	"strings"
)

// A RegionInfo is a 시도: regions are data. Codes are those of the Ministry of
// the Interior (행정표준코드); the list is that of 2026-07-01, when 광주 and 전남
// became one.
type RegionInfo struct {
	Code     string
	Name     string   // official
	Short    string   // as people write it
	Prefixes []string // digits two and three of the hpids of its hospitals
	Aliases  []string // other first words of an address that lies in it: old names, and as people write them
}

// Regions are all 16 시도, by code.
var Regions = []RegionInfo{
	{"11", "서울특별시", "서울", []string{"11"}, []string{"서울시"}},
	{"12", "전남광주통합특별시", "전남광주", []string{"15", "26"}, []string{"광주광역시", "광주", "전라남도", "전남"}},
	{"26", "부산광역시", "부산", []string{"12"}, []string{"부산시"}},
	{"27", "대구광역시", "대구", []string{"13"}, []string{"대구시"}},
	{"28", "인천광역시", "인천", []string{"14"}, []string{"인천시"}},
	{"30", "대전광역시", "대전", []string{"16"}, []string{"대전시"}},
	{"31", "울산광역시", "울산", []string{"17"}, []string{"울산시"}},
	{"36", "세종특별자치시", "세종", []string{"18"}, []string{"세종시"}},
	{"41", "경기도", "경기", []string{"21"}, nil},
	{"43", "충청북도", "충북", []string{"23"}, nil},
	{"44", "충청남도", "충남", []string{"24"}, nil},
	{"47", "경상북도", "경북", []string{"27"}, nil},
	{"48", "경상남도", "경남", []string{"28"}, nil},
	{"50", "제주특별자치도", "제주", []string{"29"}, []string{"제주도"}},
	{"51", "강원특별자치도", "강원", []string{"22"}, []string{"강원도"}},
	{"52", "전북특별자치도", "전북", []string{"25"}, []string{"전라북도"}},
}

func isRegion(code string) bool {
	return slices.ContainsFunc(Regions, func(r RegionInfo) bool { return r.Code == code })
}

// ValidRegion reports whether there is a region of a code.
func ValidRegion(code string) bool { return isRegion(code) }

// RegionOfHospital derives the 시도 code from an hpid (holds for all 534 known
// institutions); ok is false for a prefix of no region.
func RegionOfHospital(id string) (code string, ok bool) {
	if !ValidHospitalID(id) {
		return "", false
	}
	for _, r := range Regions {
		for _, p := range r.Prefixes {
			if id[1:3] == p {
				return r.Code, true
			}
		}
	}
	return "", false
}

var regionByWord = func() map[string]string {
	m := map[string]string{}
	for _, r := range Regions {
		m[r.Name], m[r.Short] = r.Code, r.Code
		for _, a := range r.Aliases {
			m[a] = r.Code
		}
	}
	return m
}()

// RegionOfAddress finds the 시도 code by an address's first word: the official
// name, a former one (전라북도, 광주광역시), or as people write it (전남). ok is
// false for any other.
func RegionOfAddress(address string) (code string, ok bool) {
	words := strings.Fields(address)
	if len(words) == 0 {
		return "", false
	}
	code, ok = regionByWord[words[0]]
	return code, ok
}

// DistrictOfAddress is the 시군구 as the address writes it: its second word, when
// that ends as a 시군구 does. 세종 has none.
func DistrictOfAddress(address string) string {
	code, ok := RegionOfAddress(address)
	words := strings.Fields(address)
	if !ok || code == sejong || len(words) < 2 {
		return ""
	}
	for _, end := range []string{"시", "군", "구"} {
		if strings.HasSuffix(words[1], end) {
			return words[1]
		}
	}
	return ""
}

const sejong = "36"
