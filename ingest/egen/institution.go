package egen

import (
	"strconv"
	"strings"

	"weer/model"
)

// institutions is operation 3, 응급의료기관 목록정보.
var institutions = listed("getEgytListInfoInqire")

// institution is operation 5, 응급의료기관 기본정보. Of what it says beyond the
// list nothing is read: its beds are older than those of operation 1, its
// opening hours are not the emergency room's, its diseases have other numbers.
var institution = listed("getEgytBassInfoInqire")

func listed(path string) operation[model.Institution] {
	return operation[model.Institution]{
		path:  path,
		tags:  institutionTags,
		slots: insSlots,
		read:  entry,
		key:   func(i model.Institution) string { return i.HospitalID },
		join:  func(held, _ model.Institution) model.Institution { return held },
	}
}

// The cells of an institution.
const (
	insID slot = iota
	insName
	insAddress
	insLevel
	insLevelName
	insTel
	insMainTel
	insLat
	insLon
	insSlots
)

var institutionTags = map[string]tag{
	"hpid":          {slot: insID},
	"dutyname":      {slot: insName},
	"dutyaddr":      {slot: insAddress},
	"dutyemcls":     {slot: insLevel},
	"dutyemclsname": {slot: insLevelName},
	"dutytel3":      {slot: insTel},
	"dutytel1":      {slot: insMainTel},
	"wgs84lat":      {slot: insLat},
	"wgs84lon":      {slot: insLon},
}

// entry turns a row of the list into our terms.
func entry(r *row) (model.Institution, error) {
	id, err := hospitalID(r.cells[insID])
	if err != nil {
		return model.Institution{}, err
	}
	address := label(r.cells[insAddress].text, maxAddress)
	return model.Institution{
		HospitalID: id,
		Name:       label(r.cells[insName].text, maxName),
		Address:    address,
		Region:     region(address, id),
		District:   model.DistrictOfAddress(address),
		Level:      model.Level(sign(r.cells[insLevel], maxCode)),
		LevelName:  label(r.cells[insLevelName].text, maxName),
		Tel:        sign(r.cells[insTel], maxTel),
		MainTel:    sign(r.cells[insMainTel], maxTel),
		Place:      point(r.cells[insLat], r.cells[insLon]),
	}, nil
}

// region is the 시도 of an institution; "" when neither its address nor its hpid
// names one.
func region(address, id string) string {
	if code, ok := model.RegionOfAddress(address); ok {
		return code
	}
	code, _ := model.RegionOfHospital(id)
	return code
}

// point reads a place; nil when it is not in Korea, as 0,0 is not.
func point(latitude, longitude cell) *model.Point {
	lat, ok := degrees(latitude)
	lon, ok2 := degrees(longitude)
	if p := (model.Point{Lat: lat, Lon: lon}); ok && ok2 && p.InKorea() {
		return &p
	}
	return nil
}

// degrees reads a plain decimal number: no exponent, no hexadecimal form.
func degrees(c cell) (float64, bool) {
	if c.torn || strings.Trim(c.text, "0123456789.") != "" {
		return 0, false
	}
	d, err := strconv.ParseFloat(c.text, 64)
	return d, err == nil
}
