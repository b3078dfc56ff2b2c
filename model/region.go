package model

import "slices"

// A RegionInfo is a 시도: regions are data. Codes are those of the Ministry of
// the Interior (행정표준코드); the list is that of 2026-07-01, when 광주 and 전남
// became one.
type RegionInfo struct {
	Code     string
	Name     string   // official
	Short    string   // as people write it
	Prefixes []string // digits two and three of the hpids of its hospitals
}

// Regions are all 16 시도, by code.
var Regions = []RegionInfo{
	{"11", "서울특별시", "서울", []string{"11"}},
	{"12", "전남광주통합특별시", "전남광주", []string{"15", "26"}},
	{"26", "부산광역시", "부산", []string{"12"}},
	{"27", "대구광역시", "대구", []string{"13"}},
	{"28", "인천광역시", "인천", []string{"14"}},
	{"30", "대전광역시", "대전", []string{"16"}},
	{"31", "울산광역시", "울산", []string{"17"}},
	{"36", "세종특별자치시", "세종", []string{"18"}},
	{"41", "경기도", "경기", []string{"21"}},
	{"43", "충청북도", "충북", []string{"23"}},
	{"44", "충청남도", "충남", []string{"24"}},
	{"47", "경상북도", "경북", []string{"27"}},
	{"48", "경상남도", "경남", []string{"28"}},
	{"50", "제주특별자치도", "제주", []string{"29"}},
	{"51", "강원특별자치도", "강원", []string{"22"}},
	{"52", "전북특별자치도", "전북", []string{"25"}},
}

func isRegion(code string) bool {
	return slices.ContainsFunc(Regions, func(r RegionInfo) bool { return r.Code == code })
}

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
