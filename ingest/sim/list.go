package sim

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A listing is what is peculiar to a hospital's rows in operations 3 to 8.
type listing struct {
	comesAndGoes bool // is not always in the list
	unnamedLevel bool // dutyEmclsName is missing
	noLevel      bool // dutyEmcls too
	mainTel      bool // has dutyTel1
	opens        string
	closes       string // 외래, HHmm; says nothing of the emergency room
	closesSat    string
	stream       uint64
}

// enlist decides the peculiarities; n counts the 응급실운영신고기관, of which six
// come and go: the list has 528 to 534 rows.
func enlist(d *die, h *institution, n int) listing {
	notified := h.level == levelNotified
	l := listing{
		comesAndGoes: notified && n%19 == 3,
		unnamedLevel: d.chance(.015), noLevel: d.chance(.02) && notified, mainTel: !d.chance(.12),
		opens: one(d, []string{"0830", "0900"}), closes: one(d, []string{"1700", "1730", "1730", "1800", "2359", "2400"}),
		stream: d.Uint64(),
	}
	if d.chance(.7) {
		l.closesSat = one(d, []string{"1200", "1230", "1300"})
	}
	return l
}

// trauma reports whether it is one of the trauma centres (권역외상센터): those
// large ones with an intensive care unit for it.
func (h *institution) trauma() bool {
	i := fieldByItem["icu.trauma"]
	return h.level == levelRegional && h.holdings[i].reported && h.holdings[i].total > 0
}

// A listed is a hospital's row in the list.
type listed struct {
	*institution
	name, address, tel, level, levelName string // over those of the institution
	lat, lon                             string
	distance                             float64 // km from the point that was asked about
	near                                 int     // how many were found there
	readings                             []reading
}

// listed computes the row; not there for one that is not in the list now. The
// caller holds the lock.
func (s *Sim) listed(h *institution) (l listed, there bool) {
	l = listed{
		institution: h, name: h.name, address: h.address, tel: h.tel,
		level: h.level, levelName: levelNames[h.level], lat: h.lat, lon: h.lon,
	}
	if h.listing.noLevel {
		l.level = ""
	}
	if h.listing.noLevel || h.listing.unnamedLevel {
		l.levelName = ""
	}
	const month = 24 * 30
	there = !h.listing.comesAndGoes || dieAt(s.seed, h.listing.stream, int64(s.hours()/month)).chance(.5)
	if by := s.hands[h]; by != nil {
		there = by.listing.over(&l, there)
	}
	return l, there
}

func (l *listed) mainTel() string {
	if l.listing.mainTel {
		return l.tel // real second numbers are not known, and none is invented
	}
	return ""
}

var listColumns = inWireOrder([]column[listed]{
	{"dutyAddr", func(l *listed) string { return l.address }},
	{"dutyEmcls", func(l *listed) string { return l.level }},
	{"dutyEmclsName", func(l *listed) string { return l.levelName }},
	{"dutyName", func(l *listed) string { return l.name }},
	{"dutyTel1", (*listed).mainTel},
	{"dutyTel3", func(l *listed) string { return l.tel }},
	{"hpid", func(l *listed) string { return l.id }},
	{"phpid", func(l *listed) string { return l.id }},
	{numbered, nil},
	{"wgs84Lat", func(l *listed) string { return l.lat }},
	{"wgs84Lon", func(l *listed) string { return l.lon }},
})

// inList are the rows that a query wants of those that belong, by name unless
// it asks for the order of addresses.
func (s *Sim) inList(q query, belongs func(*institution) bool) (rows []listed) {
	for _, h := range s.institutions {
		if !belongs(h) {
			continue
		}
		if l, there := s.listed(h); there && q.listed(h, l.name, l.address) {
			rows = append(rows, l)
		}
	}
	key := func(l listed) string { return l.name }
	if q.Get("ORD") == "ADDR" {
		key = func(l listed) string { return l.address }
	}
	slices.SortStableFunc(rows, func(a, b listed) int { return strings.Compare(key(a), key(b)) })
	return rows
}

// listOf is operations 3 and 6.
func listOf(belongs func(*institution) bool) func(*Sim, query) ([]item, string) {
	return func(s *Sim, q query) (items []item, code string) {
		for _, l := range s.inList(q, belongs) {
			items = append(items, itemOf(l.id, listColumns, &l))
		}
		return items, ""
	}
}

var nearColumns = inWireOrder([]column[listed]{
	{"cnt", func(l *listed) string { return strconv.Itoa(l.near) }},
	{"distance", func(l *listed) string { return strconv.FormatFloat(math.Round(l.distance*100)/100, 'f', -1, 64) }},
	{"dutyAddr", func(l *listed) string { return l.address }},
	{"dutyDiv", func(l *listed) string { return either(l.kind == "병원", "B", "A") }},
	{"dutyDivName", func(l *listed) string { return either(l.kind == "병원", "병원", "종합병원") }},
	{"dutyName", func(l *listed) string { return l.name }},
	{"dutyTel1", (*listed).mainTel},
	{"endTime", func(l *listed) string { return l.listing.closes }},
	{"hpid", func(l *listed) string { return l.id }},
	{"latitude", func(l *listed) string { return l.lat }},
	{"longitude", func(l *listed) string { return l.lon }},
	{numbered, nil},
	{"startTime", func(l *listed) string { return l.listing.opens }},
})

var nearTraumaColumns = inWireOrder(append(slices.Clone(nearColumns),
	column[listed]{"dutyEmcls", func(l *listed) string { return l.level }},
	column[listed]{"dutyLvkl", func(*listed) string { return "1" }}))

// reach is how far operations 4 and 7 look, in km: in Seoul they found 60 to 87.
const reach = 20

// nearOf is operations 4 and 7: those near a point, the nearest first, whatever
// the hour.
func nearOf(belongs func(*institution) bool, columns []column[listed]) func(*Sim, query) ([]item, string) {
	return func(s *Sim, q query) (items []item, code string) {
		if q.Get("WGS84_LAT") == "" || q.Get("WGS84_LON") == "" {
			return nil, noParameter
		}
		lat, ok := degrees(q.Get("WGS84_LAT"), 90)
		lon, too := degrees(q.Get("WGS84_LON"), 180)
		if !ok || !too {
			return nil, badParameter
		}
		var found []listed
		for _, l := range s.inList(q, belongs) {
			if l.distance, ok = l.from(lat, lon); ok && l.distance <= reach {
				found = append(found, l)
			}
		}
		slices.SortStableFunc(found, func(a, b listed) int { return int(math.Copysign(1, a.distance-b.distance)) })
		for _, l := range found {
			l.near = len(found)
			items = append(items, itemOf(l.id, columns, &l))
		}
		return items, ""
	}
}

func degrees(text string, most float64) (float64, bool) {
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil && x >= -most && x <= most
}

// from is the great-circle distance, in km; false for a hospital without a place.
func (l *listed) from(lat, lon float64) (float64, bool) {
	y, ok := degrees(l.lat, 90)
	x, too := degrees(l.lon, 180)
	const rad = math.Pi / 180
	a := math.Pow(math.Sin((y-lat)*rad/2), 2) + math.Cos(y*rad)*math.Cos(lat*rad)*math.Pow(math.Sin((x-lon)*rad/2), 2)
	return 2 * 6371 * math.Asin(math.Sqrt(a)), ok && too
}
