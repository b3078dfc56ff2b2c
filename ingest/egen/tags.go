package egen

import "weer/model"

// A pair is an item of operation 1: what is free now, and what there is at all
// (기준). Either may be absent.
type pair struct {
	available string // tag of the value
	baseline  string // tag of the total
	code      string // our item, see model.Items
}

// pairs are all 54. Tags are in lower case here and matched in any case: the
// guide and the wire disagree about it.
var pairs = [...]pair{
	{"hvec", "hvs01", "er.general"},
	{"hv28", "hvs02", "er.pediatric"},
	{"hv29", "hvs03", "er.negative_pressure"},
	{"hv30", "hvs04", "er.isolation"},
	{"hv13", "hvs46", "er.zone_negative_pressure"},
	{"hv14", "hvs47", "er.zone_isolation"},
	{"hv15", "hvs48", "er.pediatric_negative_pressure"},
	{"hv16", "hvs49", "er.pediatric_isolation"},
	{"hv27", "hvs59", "er.cohort"},
	{"hv60", "hvs60", "er.trauma_bay"},
	{"hv61", "hvs61", "er.trauma_zone"},
	{"hvicc", "hvs17", "icu.general"},
	{"hv2", "hvs06", "icu.medical"},
	{"hv3", "hvs07", "icu.surgical"},
	{"hvncc", "hvs08", "icu.neonatal"},
	{"hv32", "hvs09", "icu.pediatric"},
	{"hvcc", "hvs11", "icu.neurology"},
	{"hv6", "hvs12", "icu.neurosurgery"},
	{"hv8", "hvs13", "icu.burn"},
	{"hv9", "hvs14", "icu.trauma"},
	{"hv34", "hvs15", "icu.cardiac"},
	{"hvccc", "hvs16", "icu.thoracic"},
	{"hv35", "hvs18", "icu.negative_pressure"},
	{"hv31", "hvs05", "icu.er"},
	{"hv33", "hvs10", "icu.er_pediatric"},
	{"hv17", "hvs50", "icu.er_negative_pressure"},
	{"hv18", "hvs51", "icu.er_isolation"},
	{"hv36", "hvs19", "ward.er"},
	{"hv37", "hvs20", "ward.er_pediatric"},
	{"hv19", "hvs52", "ward.er_negative_pressure"},
	{"hv21", "hvs53", "ward.er_isolation"},
	{"hvgc", "hvs38", "ward.general"},
	{"hv38", "hvs21", "ward.trauma"},
	{"hv40", "hvs24", "ward.psychiatric"},
	{"hv41", "hvs25", "ward.negative_pressure"},
	{"hvoc", "hvs22", "or.general"},
	{"hv39", "hvs23", "or.trauma"},
	{"hv42", "hvs26", "room.delivery"},
	{"hv43", "hvs36", "room.burn"},
	{"hv22", "hvs54", "infection.icu"},
	{"hv23", "hvs55", "infection.icu_negative_pressure"},
	{"hv24", "hvs56", "infection.severe"},
	{"hv25", "hvs57", "infection.semi_severe"},
	{"hv26", "hvs58", "infection.moderate"},
	{"hvctayn", "hvs27", "equipment.ct"},
	{"hvmriayn", "hvs28", "equipment.mri"},
	{"hvangioayn", "hvs29", "equipment.angiography"},
	{"hvventiayn", "hvs30", "equipment.ventilator"},
	{"hvventisoayn", "hvs31", "equipment.ventilator_pediatric"},
	{"hvincuayn", "hvs32", "equipment.incubator"},
	{"hvcrrtayn", "hvs33", "equipment.crrt"},
	{"hvecmoayn", "hvs34", "equipment.ecmo"},
	{"hvhypoayn", "hvs35", "equipment.hypothermia"},
	{"hvoxyayn", "hvs37", "equipment.hyperbaric"},
}

// items are our items, in the order of pairs.
var items = func() (list [len(pairs)]model.Item) {
	for i, p := range pairs {
		list[i], _ = model.ItemByCode(p.code)
	}
	return list
}()

// ambiguous are the counts in which exactly −1 is also read as "not entered".
var ambiguous = map[string]bool{"hv2": true, "hv3": true, "hv30": true, "hvncc": true}

// The cells of a bed report: first the values in the order of pairs, then their
// baselines, then what identifies the row.
const (
	bedValue    slot = 0
	bedBaseline      = bedValue + slot(len(pairs))
	bedID            = bedBaseline + slot(len(pairs))
	bedName          = bedID + 1
	bedTel           = bedID + 2
	bedTime          = bedID + 3
	bedSlots         = bedID + 4
)

// bedTags are all that is read. Skipped unread are the duty doctors' names and
// numbers, and tags that only repeat others (hv5, hv7, hv10, hv11, phpid).
var bedTags = func() map[string]tag {
	m := map[string]tag{"hpid": {slot: bedID}, "dutyname": {slot: bedName}, "dutytel3": {slot: bedTel}, "hvidate": {slot: bedTime}}
	for i, p := range pairs {
		m[p.available] = tag{slot: bedValue + slot(i)}
		m[p.baseline] = tag{slot: bedBaseline + slot(i)}
	}
	return m
}()

// bedWards is the total of the general wards (hvs38), the largest count that a
// hospital has.
var bedWards = bedTags["hvs38"].slot
