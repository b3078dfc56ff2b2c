package model

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// An AnnouncementKind says what an announcement speaks of.
type AnnouncementKind string

// The kinds of operation 9.
const (
	AnnouncementER     AnnouncementKind = "er"     // 응급
	AnnouncementSevere AnnouncementKind = "severe" // 중증
)

// An Announcement (응급실 및 중증질환 메시지) is what a hospital tells in words. It
// is not automatically a refusal: some announce what is possible. Those of the
// national service and those that are made here ([Service.Announce]) stand beside
// each other, and no poll takes away what it never brought.
type Announcement struct {
	ID         string // [Announcement.Identify], because operation 9 has none; of one made here a UUIDv7
	HospitalID string
	Source     string // [SourceAnnouncements] or [SourceConsole]
	Kind       AnnouncementKind
	Reason     AnnouncementReason // why, coded; "" where the source does not say
	Code       string             // symTypCod as sent ("Y000": the emergency room as a whole)
	Disease    string             // ours, when Code names one
	Text       string
	Department string    // 진료과; "" when the source does not say
	Lifted     bool      // 해제: the restriction is over; else 차단, or nothing was said
	Automatic  bool      // 자동: it is lifted by its end; else 수동 or nothing was said
	StartsAt   feed.Time // 0: not said
	EndsAt     feed.Time // 0: open
	SinceAt    feed.Time // when we first heard it, the database's clock
	Missed     int       // complete polls in a row without it
	By         string    // of one made here, who said it last; else ""
	Revision   uint64    // of one made here, counts what was said of it from 1; else 0
}

// Identify names an announcement by what the source says of it, because the
// source numbers only the rows of one answer: the same words about the same
// thing since the same moment are the same announcement, however often they
// are sent. 16 hex digits.
func (a Announcement) Identify() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		a.HospitalID, a.Code, string(a.Kind), a.Text, a.StartsAt.Std().String(),
	}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// ActiveAt reports whether an announcement is in force: it began, has not ended
// and was not lifted.
func (a Announcement) ActiveAt(now feed.Time) bool {
	return !a.Lifted && a.StartsAt <= now && (a.EndsAt == 0 || a.EndsAt > now)
}

func (a Announcement) hospital() string { return a.HospitalID }

// check writes the texts in one line and names the announcement and its disease.
// An announcement without any text is kept: it may close something all the same.
func (a Announcement) check() (Announcement, error) {
	if err := checkHospitalID(a.HospitalID); err != nil {
		return a, err
	}
	if a.Kind != AnnouncementER && a.Kind != AnnouncementSevere {
		return a, fault.Bad("symBlkMsgTyp", "%s: there is no kind %.20q of announcement", a.HospitalID, string(a.Kind))
	}
	a.Text, a.Department = oneLine(a.Text), oneLine(a.Department)
	err := cmp.Or(
		checkText("symBlkMsg", a.HospitalID, a.Text, MaxText),
		checkText("trtPrtCodMag", a.HospitalID, a.Department, MaxDepartment),
		checkText("symTypCod", a.HospitalID, a.Code, MaxCode))
	disease, _ := DiseaseByOfficial(a.Code)
	a.Source, a.Disease, a.ID = SourceAnnouncements, disease.Code, a.Identify()
	return a, err
}

// RecordAnnouncements takes an answer of operation 9 (messages) into the
// database; see [PollOf] for what is promised of every poll.
func (s *Service) RecordAnnouncements(ctx context.Context, runID string, p AnnouncementPoll) (Run, error) {
	return record(ctx, s, runID, p, hearAnnouncements)
}

// hearAnnouncements takes a hospital's announcements. One that is not among them
// any more is missed, and goes when it is missed twice; one that was made here is
// none of the poll's business.
func hearAnnouncements(h Hospital, rows []Announcement, whole bool, now feed.Time) (Hospital, bool) {
	heard := map[string]Announcement{}
	for _, a := range rows {
		if twin, twice := heard[a.ID]; twice {
			a = a.stricter(twin)
		}
		heard[a.ID] = a
	}
	for id, was := range h.Announcements {
		if a, said := heard[id]; said {
			a.SinceAt, a.Missed = was.SinceAt, 0
			heard[id] = a
		} else if was.Source == SourceConsole {
			heard[id] = was
		} else if was = was.unheard(whole); was.Missed < MissedPolls {
			heard[id] = was
		}
	}
	if maps.Equal(h.Announcements, heard) {
		return h, false
	}
	for id, a := range heard {
		if _, old := h.Announcements[id]; !old {
			a.SinceAt, a.Missed = now, 0
			heard[id] = a
		}
	}
	h.Announcements = heard
	return h, true
}

// unheard is an announcement that a poll did not have.
func (a Announcement) unheard(whole bool) Announcement {
	if whole {
		a.Missed++
	}
	return a
}

// stricter is the one of two twins in an answer that closes more and for longer:
// which of them comes first must not matter.
func (a Announcement) stricter(b Announcement) Announcement {
	a.Lifted = a.Lifted && b.Lifted
	a.Automatic = a.Automatic && b.Automatic
	a.Department = max(a.Department, b.Department)
	if a.EndsAt == 0 || b.EndsAt == 0 {
		a.EndsAt = 0
	} else {
		a.EndsAt = max(a.EndsAt, b.EndsAt)
	}
	return a
}

func (a Announcement) value() announcementValue {
	return announcementValue{
		Source: a.Source, Kind: a.Kind, Reason: a.Reason, Disease: a.Disease, Code: a.Code, Text: a.Text, Department: a.Department,
		Lifted: a.Lifted, Automatic: a.Automatic, StartsAt: a.StartsAt, EndsAt: a.EndsAt, SinceAt: a.SinceAt,
		By: a.By, Revision: a.Revision,
	}
}

// announced reads back what value wrote.
func (v announcementValue) announced(id, hospitalID string) Announcement {
	return Announcement{
		ID: id, HospitalID: hospitalID, Source: v.Source, Kind: v.Kind, Reason: v.Reason, Code: v.Code, Disease: v.Disease,
		Text: v.Text, Department: v.Department, Lifted: v.Lifted, Automatic: v.Automatic,
		StartsAt: v.StartsAt, EndsAt: v.EndsAt, SinceAt: v.SinceAt, By: v.By, Revision: v.Revision,
	}
}

type announcementValue struct {
	Source     string             `json:"source"`
	Kind       AnnouncementKind   `json:"kind"`
	Reason     AnnouncementReason `json:"reason,omitempty"`
	Disease    string             `json:"disease,omitempty"`
	Code       string             `json:"code,omitempty"`
	Text       string             `json:"text"`
	Department string             `json:"department,omitempty"`
	Lifted     bool               `json:"lifted,omitempty"`
	Automatic  bool               `json:"automatic,omitempty"`
	StartsAt   feed.Time          `json:"starts_at"`
	EndsAt     feed.Time          `json:"ends_at"`
	SinceAt    feed.Time          `json:"since"`
	By         string             `json:"by,omitempty"`
	Revision   uint64             `json:"revision,omitempty"`
}
