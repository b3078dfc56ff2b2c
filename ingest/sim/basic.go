package sim

import (
	"strconv"
	"strings"
)

// Departments (dgidIdName) as operation 5 prints them, between line breaks.
const (
	manyDepartments = "\n가정의학과,내과,마취통증의학과,비뇨의학과,산부인과,성형외과,소아청소년과,신경과,신경외과,안과,영상의학과,외과,응급의학과,이비인후과,재활의학과,정신건강의학과,정형외과,진단검사의학과,피부과,흉부외과\n"
	fewDepartments  = "\n내과,마취통증의학과,신경외과,영상의학과,외과,응급의학과,정형외과\n"
)

// oldDiseases are those of operations 5 and 8: other diseases than operation
// 2's under the same names.
var oldDiseases = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "25"}

var basicColumns = inWireOrder(func() []column[listed] {
	list := []column[listed]{
		{"dgidIdName", func(l *listed) string {
			return either(l.institution.level == levelUnit, fewDepartments, manyDepartments)
		}},
		{"dutyAddr", func(l *listed) string { return l.address }},
		{"dutyEryn", func(*listed) string { return "1" }},
		{"dutyHano", func(l *listed) string { return l.count("ward.general", true) }},
		{"dutyHayn", func(*listed) string { return "1" }},
		{"dutyName", func(l *listed) string { return l.name }},
		{"dutyTel1", (*listed).mainTel},
		{"dutyTel3", func(l *listed) string { return l.tel }},
		{"hpid", func(l *listed) string { return l.id }},
		{"postCdn1", func(l *listed) string { return l.zip[:min(3, len(l.zip))] }},
		{"postCdn2", func(l *listed) string { return strings.TrimLeft(l.zip[min(3, len(l.zip)):]+" ", " ") }},
		{"wgs84Lat", func(l *listed) string { return l.lat }},
		{"wgs84Lon", func(l *listed) string { return l.lon }},
	}
	for day := range 6 {
		n := strconv.Itoa(day + 1)
		list = append(list,
			column[listed]{"dutyTime" + n + "s", func(l *listed) string { return either(l.visits(day) == "", "", l.listing.opens) }},
			column[listed]{"dutyTime" + n + "c", func(l *listed) string { return l.visits(day) }})
	}
	for tag, item := range map[string]string{
		"ec": "er.general", "oc": "or.general", "cc": "icu.neurology", "ncc": "icu.neonatal",
		"ccc": "icu.thoracic", "icc": "icu.general", "gc": "ward.general",
	} {
		list = append(list, column[listed]{"hv" + tag, func(l *listed) string { return l.count(item, false) }})
	}
	for tag, item := range map[string]string{
		"er": "er.general", "op": "or.general", "cu": "icu.neurology", "nicu": "icu.neonatal",
		"ccu": "icu.thoracic", "icu": "icu.general", "gr": "ward.general",
	} {
		list = append(list, column[listed]{"hp" + tag + "yn", func(l *listed) string { return l.count(item, true) }})
	}
	list = append(list, column[listed]{"hpbdn", func(l *listed) string { return l.count("ward.general", true) }})
	for _, n := range oldDiseases {
		list = append(list, column[listed]{"MKioskTy" + n, func(l *listed) string { return l.oldAnswer(n) }})
	}
	return append(list, boardColumns()...)
}())

// boardColumns are o001 … o038, which no document names: what is free, under
// the numbers of the totals.
func boardColumns() (list []column[listed]) {
	for i, f := range fields {
		if n, _ := strconv.Atoi(strings.TrimPrefix(f.baseline, "hvs")); n <= 38 {
			tag := "o0" + strings.TrimPrefix(f.baseline, "hvs")
			list = append(list, column[listed]{tag, func(l *listed) string {
				if l.readings == nil || l.readings[i].value == "N1" {
					return ""
				}
				return strings.TrimSpace(l.readings[i].value)
			}})
		}
	}
	return list
}

// visits is when the outpatients' day ends, "" for a day without one.
func (l *listed) visits(day int) string {
	if day == 5 {
		return l.listing.closesSat
	}
	return l.listing.closes
}

// count is what is free of an item now, or how many there are.
func (l *listed) count(item string, total bool) string {
	if l.readings == nil {
		return ""
	}
	r := l.readings[fieldByItem[item]]
	return either(total, r.total, r.value)
}

func (l *listed) oldAnswer(n string) string {
	if n == "25" {
		return "Y"
	}
	number, _ := strconv.Atoi(n)
	return either(dieAt(0, l.listing.stream, int64(number)).chance(.6), "Y", "N")
}

// basicOf is operations 5 and 8: one hospital by HPID, or operation 8's by name.
func basicOf(belongs func(*institution) bool) func(*Sim, query) ([]item, string) {
	return func(s *Sim, q query) (items []item, code string) {
		if q.Get("HPID") == "" && q.Get("QN") == "" {
			return nil, noParameter
		}
		for _, l := range s.inList(q, belongs) {
			if l.reports() {
				l.readings = s.row(l.institution).readings
			}
			items = append(items, itemOf(l.id, basicColumns, &l))
		}
		return items, ""
	}
}
