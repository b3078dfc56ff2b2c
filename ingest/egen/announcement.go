package egen

import (
	"errors"
	"slices"
	"strings"

	"weer/model"
)

// announcements is operation 9, 응급실 및 중증질환 메시지.
var announcements = operation[model.Announcement]{
	path:  "getEmrrmSrsillDissMsgInqire",
	tags:  announcementTags,
	slots: annSlots,
	read:  announcement,
	key:   func(a model.Announcement) string { return a.ID },
	join:  sameWords,
}

// The cells of an announcement.
const (
	annID slot = iota
	annOrg
	annKind
	annCode
	annText
	annDepartment
	annShown
	annMethod
	annStart
	annEnd
	annSlots
)

var announcementTags = map[string]tag{
	"hpid":         {slot: annID},
	"emcorgcod":    {slot: annOrg},
	"symblkmsgtyp": {slot: annKind},
	"symtypcod":    {slot: annCode},
	"symblkmsg":    {slot: annText, words: true},
	"trtprtcodmag": {slot: annDepartment}, // on the wire since 2026, not in the guide
	"symoutdspyon": {slot: annShown},
	"symoutdspmth": {slot: annMethod},
	"symblksttdtm": {slot: annStart},
	"symblkenddtm": {slot: annEnd},
}

// announcement turns a row of operation 9 into our terms. What cannot be read
// never ends a restriction: an unreadable end is an open one.
func announcement(r *row) (model.Announcement, error) {
	id := r.cells[annID]
	if !id.given {
		id = r.cells[annOrg] // the same, when both are there
	}
	hpid, err := hospitalID(id)
	if err != nil {
		return model.Announcement{}, err
	}
	a := model.Announcement{
		HospitalID: hpid,
		Code:       strings.ToUpper(sign(r.cells[annCode], maxCode)),
		Text:       label(r.cells[annText].text, maxText),
		Department: label(r.cells[annDepartment].text, maxName),
		Lifted:     r.cells[annShown].is("해제", "Y"),
		Automatic:  r.cells[annMethod].is("자동", "A"),
		StartsAt:   moment(r.cells[annStart]),
		EndsAt:     moment(r.cells[annEnd]),
	}
	if a.Text == "" && a.Code == "" {
		return a, errors.New(hpid + " says neither a text nor what it is about")
	}
	if r.cells[annText].torn {
		r.remark("%s has two texts in one row; the first counts", hpid)
	}
	disease, _ := model.DiseaseByOfficial(a.Code)
	a.Disease = disease.Code
	a.Kind = kind(r.cells[annKind], a.Disease != "")
	a.ID = a.Identify()
	return a, nil
}

// kind reads 응급 or 중증, and takes from the code what is not said.
func kind(c cell, aboutDisease bool) model.AnnouncementKind {
	if c.is("중증", "B") || aboutDisease && !c.is("응급", "A") {
		return model.AnnouncementSevere
	}
	return model.AnnouncementER
}

// sameWords joins what a hospital sent twice. A restriction stands while one of
// them does.
func sameWords(held, again model.Announcement) model.Announcement {
	held.Lifted = held.Lifted && again.Lifted
	held.Automatic = held.Automatic && again.Automatic
	if held.EndsAt != 0 && (again.EndsAt == 0 || again.EndsAt > held.EndsAt) {
		held.EndsAt = again.EndsAt // open is later than any
	}
	held.Department = together(held.Department, again.Department)
	return held
}

// together lists departments, each once and in an order that does not depend on
// that of the rows.
func together(departments ...string) string {
	var all []string
	for _, d := range departments {
		all = append(all, strings.Split(d, ", ")...)
	}
	slices.Sort(all)
	all = slices.DeleteFunc(slices.Compact(all), func(d string) bool { return d == "" })
	return label(strings.Join(all, ", "), maxName)
}
