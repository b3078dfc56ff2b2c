package model

import "slices"

// A Group is a set of items that change together: one key in a region's feed.
type Group string

// The groups, named as their keys end.
const (
	GroupER        Group = "er"        // beds of the emergency room (응급실)
	GroupICU       Group = "icu"       // intensive care (중환자실)
	GroupBeds      Group = "beds"      // wards, operating and delivery rooms, infection beds
	GroupEquipment Group = "equipment" // devices (장비)
)

// Groups are all groups.
var Groups = []Group{GroupER, GroupICU, GroupBeds, GroupEquipment}

// An Item is something a hospital has so many of, or has or has not.
type Item struct {
	Code    string // ours; the part before the point sorts items for people
	Group   Group
	YesNo   bool   // the reading's value is 1 (usable) or 0
	Korean  string // the official name
	English string
}

// Items are the 54 things that the national service counts (E-Gen, operation 1).
var Items = []Item{
	{"er.general", GroupER, false, "일반 (응급실 일반병상)", "ER general beds"},
	{"er.pediatric", GroupER, false, "소아 (응급실)", "ER paediatric beds"},
	{"er.negative_pressure", GroupER, false, "응급실 음압 격리 병상", "ER negative-pressure isolation beds"},
	{"er.isolation", GroupER, false, "응급실 일반 격리 병상", "ER ordinary isolation beds"},
	{"er.zone_negative_pressure", GroupER, false, "격리진료구역 음압격리병상", "Isolation treatment zone, negative-pressure beds"},
	{"er.zone_isolation", GroupER, false, "격리진료구역 일반격리병상", "Isolation treatment zone, ordinary isolation beds"},
	{"er.pediatric_negative_pressure", GroupER, false, "소아음압격리", "ER paediatric negative-pressure isolation"},
	{"er.pediatric_isolation", GroupER, false, "소아일반격리", "ER paediatric ordinary isolation"},
	{"er.cohort", GroupER, false, "코호트 격리", "Cohort isolation"},
	{"er.trauma_bay", GroupER, false, "외상소생실", "Trauma resuscitation bay"},
	{"er.trauma_zone", GroupER, false, "외상환자진료구역", "Trauma patient treatment zone"},
	{"icu.general", GroupICU, false, "[중환자실] 일반", "ICU general"},
	{"icu.medical", GroupICU, false, "[중환자실] 내과", "ICU internal medicine"},
	{"icu.surgical", GroupICU, false, "[중환자실] 외과", "ICU surgery"},
	{"icu.neonatal", GroupICU, false, "[중환자실] 신생아", "ICU neonatal (NICU)"},
	{"icu.pediatric", GroupICU, false, "[중환자실] 소아", "ICU paediatric (PICU)"},
	{"icu.neurology", GroupICU, false, "[중환자실] 신경과", "ICU neurology"},
	{"icu.neurosurgery", GroupICU, false, "[중환자실] 신경외과", "ICU neurosurgery"},
	{"icu.burn", GroupICU, false, "[중환자실] 화상", "ICU burns"},
	{"icu.trauma", GroupICU, false, "[중환자실] 외상", "ICU trauma"},
	{"icu.cardiac", GroupICU, false, "[중환자실] 심장내과", "ICU cardiology (CCU)"},
	{"icu.thoracic", GroupICU, false, "[중환자실] 흉부외과", "ICU thoracic surgery"},
	{"icu.negative_pressure", GroupICU, false, "[중환자실] 음압격리", "ICU negative-pressure isolation"},
	{"icu.er", GroupICU, false, "[응급전용] 중환자실", "ER-dedicated ICU"},
	{"icu.er_pediatric", GroupICU, false, "[응급전용] 소아중환자실", "ER-dedicated paediatric ICU"},
	{"icu.er_negative_pressure", GroupICU, false, "[응급전용] 중환자실 음압격리", "ER-dedicated ICU, negative-pressure"},
	{"icu.er_isolation", GroupICU, false, "[응급전용] 중환자실 일반격리", "ER-dedicated ICU, ordinary isolation"},
	{"ward.er", GroupBeds, false, "[응급전용] 입원실", "ER-dedicated ward"},
	{"ward.er_pediatric", GroupBeds, false, "[응급전용] 소아입원실", "ER-dedicated paediatric ward"},
	{"ward.er_negative_pressure", GroupBeds, false, "[응급전용] 입원실 음압격리", "ER-dedicated ward, negative-pressure"},
	{"ward.er_isolation", GroupBeds, false, "[응급전용] 입원실 일반격리", "ER-dedicated ward, ordinary isolation"},
	{"ward.general", GroupBeds, false, "[입원실] 일반", "General ward"},
	{"ward.trauma", GroupBeds, false, "[입원실] 외상전용", "Trauma ward"},
	{"ward.psychiatric", GroupBeds, false, "[입원실] 정신과 폐쇄병동", "Psychiatric closed ward"},
	{"ward.negative_pressure", GroupBeds, false, "[입원실] 음압격리", "Ward, negative-pressure isolation"},
	{"or.general", GroupBeds, false, "[기타] 수술실", "Operating rooms"},
	{"or.trauma", GroupBeds, false, "[기타] 외상전용 수술실", "Trauma operating rooms"},
	{"room.delivery", GroupBeds, true, "[기타] 분만실", "Delivery room"},
	{"room.burn", GroupBeds, true, "[기타] 화상전용처치실", "Burn treatment room"},
	{"infection.icu", GroupBeds, false, "감염병 전담병상 중환자실", "Dedicated infectious-disease ICU"},
	{"infection.icu_negative_pressure", GroupBeds, false, "감염병 전담병상 중환자실 내 음압격리병상", "… of which negative-pressure"},
	{"infection.severe", GroupBeds, false, "[감염] 중증 병상", "Infectious: severe beds"},
	{"infection.semi_severe", GroupBeds, false, "[감염] 준-중증 병상", "Infectious: semi-severe beds"},
	{"infection.moderate", GroupBeds, false, "[감염] 중등증 병상", "Infectious: moderate beds"},
	{"equipment.ct", GroupEquipment, true, "CT 가용", "CT scanner"},
	{"equipment.mri", GroupEquipment, true, "MRI 가용", "MRI scanner"},
	{"equipment.angiography", GroupEquipment, true, "혈관촬영기 가용", "Angiography unit"},
	{"equipment.ventilator", GroupEquipment, true, "인공호흡기 (일반) 가용", "Ventilator, general"},
	{"equipment.ventilator_pediatric", GroupEquipment, true, "인공호흡기 조산아(소아) 가용", "Ventilator, premature/paediatric"},
	{"equipment.incubator", GroupEquipment, true, "인큐베이터 가용", "Incubator"},
	{"equipment.crrt", GroupEquipment, true, "CRRT 가용", "CRRT (continuous renal replacement)"},
	{"equipment.ecmo", GroupEquipment, true, "ECMO 가용", "ECMO"},
	{"equipment.hypothermia", GroupEquipment, true, "중심체온조절유도기 가용", "Targeted temperature management device"},
	{"equipment.hyperbaric", GroupEquipment, true, "고압산소치료기 가용", "Hyperbaric oxygen chamber"},
}

var itemByCode = func() map[string]Item {
	m := make(map[string]Item, len(Items))
	for _, i := range Items {
		m[i.Code] = i
	}
	return m
}()

// codesOf are the codes of each group, and allCodes those of all, sorted.
var codesOf, allCodes = func() (of map[Group][]string, all []string) {
	of = map[Group][]string{}
	for _, i := range Items {
		of[i.Group] = append(of[i.Group], i.Code)
		all = append(all, i.Code)
	}
	for _, codes := range of {
		slices.Sort(codes)
	}
	slices.Sort(all)
	return of, all
}()

// ItemByCode finds an item.
func ItemByCode(code string) (Item, bool) {
	i, ok := itemByCode[code]
	return i, ok
}
