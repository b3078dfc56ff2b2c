package model

import (
	"cmp"
	"context"
	"strings"

	"weer/model/feed"
)

// A Level is a hospital's place in the emergency system (dutyEmcls). Levels
// that the list invents later are kept as they come.
type Level string

// The levels that are known.
const (
	LevelRegional  Level = "G001" // 권역응급의료센터
	LevelLocal     Level = "G006" // 지역응급의료센터
	LevelLocalUnit Level = "G007" // 지역응급의료기관
	LevelReported  Level = "G009" // 응급실운영신고기관
)

// A Point is a place on earth (WGS 84), in degrees.
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// An Institution is what the national list (operation 3) says of a hospital.
type Institution struct {
	HospitalID string
	Name       string
	Address    string
	Region     string // 시도 code from the address, else from the hpid
	District   string // 시군구 as the address writes it; "" in 세종
	Level      Level
	LevelName  string
	Tel        string // of the emergency room
	MainTel    string
	Place      *Point // nil when the list has none; never 0,0
}

func (i Institution) hospital() string { return i.HospitalID }

// check takes region and district from the address where they are not given,
// and a place only where there is one.
func (i Institution) check() (Institution, error) {
	if err := checkHospitalID(i.HospitalID); err != nil {
		return i, err
	}
	i.Name, i.Address = oneLine(i.Name), strings.TrimSpace(i.Address)
	i.Region = i.regionByAddress()
	i.District = cmp.Or(i.District, DistrictOfAddress(i.Address))
	if i.Place != nil && !i.Place.InKorea() {
		i.Place = nil
	}
	return i, cmp.Or(
		checkText("dutyName", i.HospitalID, i.Name, MaxName),
		checkText("dutyAddr", i.HospitalID, i.Address, MaxAddress),
		checkText("dutyAddr", i.HospitalID, i.District, MaxDistrict),
		checkText("dutyEmcls", i.HospitalID, string(i.Level), MaxLevel),
		checkText("dutyEmclsName", i.HospitalID, i.LevelName, MaxLevelName),
		checkText("dutyTel3", i.HospitalID, i.Tel, MaxTel),
		checkText("dutyTel1", i.HospitalID, i.MainTel, MaxTel))
}

func (i Institution) regionByAddress() string {
	if code, ok := RegionOfAddress(i.Address); ok {
		return code
	}
	code, _ := RegionOfHospital(i.HospitalID)
	return code
}

// Equal reports whether both say the same.
func (i Institution) Equal(other Institution) bool {
	a, b := i.Place, other.Place
	i.Place, other.Place = nil, nil
	return i == other && (a == b || a != nil && b != nil && *a == *b)
}

// InKorea reports whether the point lies where a Korean hospital can be. It is
// false for 0,0, for latitude and longitude the wrong way round, and for what is
// no number.
func (p Point) InKorea() bool {
	return p.Lat > 32 && p.Lat < 39.5 && p.Lon > 124 && p.Lon < 132.5
}

// Name is the level's official name, "" for one that is not known.
func (l Level) Name() string { return levelNames[l] }

var levelNames = map[Level]string{
	LevelRegional:  "권역응급의료센터",
	LevelLocal:     "지역응급의료센터",
	LevelLocalUnit: "지역응급의료기관",
	LevelReported:  "응급실운영신고기관",
}

// RecordInstitutions takes an answer of operation 3 (the list) into the
// database; see [PollOf] for what is promised of every poll.
func (s *Service) RecordInstitutions(ctx context.Context, runID string, p InstitutionPoll) (Run, error) {
	return record(ctx, s, runID, p, hearList)
}

// hearList takes what the list says of a hospital, the last row when there are
// several.
func hearList(h Hospital, rows []Institution, whole bool, _ feed.Time) (Hospital, bool) {
	if len(rows) == 0 {
		return h.silent(SourceInstitutions, whole)
	}
	listed := rows[len(rows)-1]
	moved := !h.Listed.Equal(listed)
	h, back := h.mention(SourceInstitutions)
	h.Listed = listed
	return h, moved || back
}

// Institution is what the list says with an administrator's overrides over it,
// field by field. Of a hospital that is not in the list, only the overrides.
func (h Hospital) Institution() Institution {
	i := Institution{HospitalID: h.ID}
	if h.Listed.HospitalID != "" && !h.gone(SourceInstitutions) {
		i = h.Listed
	}
	for _, o := range h.Overrides {
		o.onto(&i)
	}
	i.Place = h.place(i.Place)
	return i
}

// place is the listed place with overridden degrees. Half a place is none.
func (h Hospital) place(listed *Point) *Point {
	lat, hasLat := h.degrees(FieldLat)
	lon, hasLon := h.degrees(FieldLon)
	switch {
	case !hasLat && !hasLon, listed == nil && !(hasLat && hasLon):
		return listed
	case listed == nil:
		return &Point{lat, lon}
	}
	p := *listed
	if hasLat {
		p.Lat = lat
	}
	if hasLon {
		p.Lon = lon
	}
	return &p
}
