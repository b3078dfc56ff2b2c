package model

import (
	"cmp"
	"context"
	"maps"
	"regexp"

	"weer/model/fault"
	"weer/model/feed"
)

// Bounds of an announcement that is made here.
const (
	// MaxAnnouncementMS is the longest that one lasts, and the furthest ahead
	// that it begins: what lasts longer is said again, by somebody who still
	// means it.
	MaxAnnouncementMS = 7 * 24 * 60 * 60_000
	// KeepAnnouncementMS is how long one is still told after its end, so that
	// who looks away for a moment reads that it is over and not nothing.
	KeepAnnouncementMS = 60 * 60_000
)

// An AnnounceCommand makes an announcement of a hospital.
type AnnounceCommand struct {
	HospitalID string
	ID         string // UUIDv7, made by the caller
	Kind       AnnouncementKind
	Reason     AnnouncementReason
	Disease    string    // of a severe one: which; of one about the emergency room "": all of it
	Text       string    // "": the reason's name
	StartsAt   feed.Time // 0: now
	EndsAt     feed.Time // required
	By         string    // the account, where the call names none
}

// An AmendCommand changes an announcement that was made here. What is nil stays.
type AmendCommand struct {
	HospitalID, ID   string
	Seen             uint64 // the revision that its author saw; 0: whichever
	Reason           *AnnouncementReason
	Text             *string
	StartsAt, EndsAt *feed.Time
	By               string
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// Announce makes an announcement. It ends by itself at its end; until then it
// stands whatever the polls say. The receipt's result is the announcement.
// NotFound: nobody knows the hospital. Conflict: its id is taken.
func (s *Service) Announce(ctx context.Context, c AnnounceCommand) (Receipt, error) {
	c.By = speaker(ctx, c.By)
	a := c.announcement()
	if err := a.checkMade(); err != nil {
		return Receipt{}, err
	}
	var made Announcement
	return s.command(ctx, order{
		operation: "announcement.make", hospital: c.HospitalID, detail: "announcement/" + c.ID, right: WriteCapacity,
		decide: func(h Hospital, now feed.Time) (after Hospital, moved bool, err error) {
			after, made, err = h.announce(a, now)
			return after, true, err
		},
		result: func() any { return made.named() },
	})
}

func (c AnnounceCommand) announcement() Announcement {
	return Announcement{
		ID: c.ID, HospitalID: c.HospitalID, Source: SourceConsole, Kind: c.Kind, Reason: c.Reason, Disease: c.Disease,
		Text: oneLine(c.Text), Automatic: true, StartsAt: c.StartsAt, EndsAt: c.EndsAt, By: c.By, Revision: 1,
	}
}

// announce adds an announcement that was checked.
func (h Hospital) announce(a Announcement, now feed.Time) (after Hospital, made Announcement, err error) {
	made = a
	made.SinceAt, made.StartsAt = now, cmp.Or(a.StartsAt, now)
	if !h.mentioned() {
		return h, made, noSuchHospital()
	}
	if _, taken := h.Announcements[a.ID]; taken {
		return h, made, fault.New(fault.Conflict, "the hospital has an announcement of this id already")
	}
	h.Announcements = with(h.Announcements, made.ID, made)
	return h, made, made.checkTimes(now)
}

// Amend changes an announcement that was made here and is not over. Conflict:
// it is over, or E-Gen's own. PreconditionFailed: somebody changed it since the
// revision that was seen.
func (s *Service) Amend(ctx context.Context, c AmendCommand) (Receipt, error) {
	return s.amend(ctx, "announcement.change", c, func(a Announcement, _ feed.Time) Announcement {
		if c.Reason != nil {
			a.Reason = *c.Reason
		}
		if c.Text != nil {
			a.Text = oneLine(*c.Text)
		}
		if c.StartsAt != nil {
			a.StartsAt = *c.StartsAt
		}
		if c.EndsAt != nil {
			a.EndsAt = *c.EndsAt
		}
		return a
	})
}

// Lift ends an announcement that was made here, now (해제). One that was lifted
// already stays as it is.
func (s *Service) Lift(ctx context.Context, c AmendCommand) (Receipt, error) {
	return s.amend(ctx, "announcement.lift", c, func(a Announcement, now feed.Time) Announcement {
		a.Lifted, a.EndsAt = true, min(a.EndsAt, now)
		return a
	})
}

func (s *Service) amend(ctx context.Context, operation string, c AmendCommand, change func(Announcement, feed.Time) Announcement) (Receipt, error) {
	by := speaker(ctx, c.By)
	if err := fault.All(checkHospitalID(c.HospitalID), checkAccount(by)); err != nil {
		return Receipt{}, err
	}
	var made Announcement
	return s.command(ctx, order{
		operation: operation, hospital: c.HospitalID, detail: "announcement/" + c.ID, right: WriteCapacity,
		decide: func(h Hospital, now feed.Time) (after Hospital, moved bool, err error) {
			was, there := h.Announcements[c.ID]
			if !there {
				return h, false, fault.New(fault.NotFound, "the hospital has no such announcement")
			}
			made = was
			if err := was.amendable(c, now); err != nil {
				return h, false, err
			}
			made = change(was, now)
			if made == was {
				return h, false, nil
			}
			made.By, made.Revision = by, was.Revision+1
			h.Announcements = with(h.Announcements, made.ID, made)
			if made.Lifted {
				return h, true, nil
			}
			return h, true, fault.All(made.checkMade(), made.checkTimes(now))
		},
		result: func() any { return made.named() },
	})
}

// amendable refuses what is E-Gen's own, what somebody else has changed, and
// what is over.
func (a Announcement) amendable(c AmendCommand, now feed.Time) error {
	switch {
	case a.Source != SourceConsole:
		return fault.New(fault.Conflict, "this announcement is the national service's: it is changed where it was made")
	case c.Seen != 0 && c.Seen != a.Revision:
		return fault.New(fault.PreconditionFailed, "the announcement was changed since: read it again")
	case a.Lifted || a.EndsAt <= now:
		return fault.New(fault.Conflict, "the announcement is over: make a new one")
	}
	return nil
}

// checkMade refuses what nobody can mean, whatever the time is. A text that is
// missing becomes the reason's name: screens that know no reasons show it.
func (a *Announcement) checkMade() error {
	reason, known := ReasonByCode(a.Reason)
	if a.Text == "" {
		a.Text = reason.Korean
	}
	return fault.All(checkHospitalID(a.HospitalID), a.checkID(), a.checkKind(), a.checkReason(known), a.checkWords(), checkAccount(a.By))
}

func (a *Announcement) checkID() error {
	if !uuidForm.MatchString(a.ID) {
		return fault.Bad("id", "an announcement is named by a UUID")
	}
	return nil
}

func (a *Announcement) checkKind() error {
	switch {
	case a.Kind == AnnouncementSevere:
		return checkDisease(a.Disease)
	case a.Kind != AnnouncementER:
		return fault.Bad("kind", "an announcement is about er (the emergency room) or severe (a severe disease)")
	case a.Disease != "":
		return fault.Bad("disease", "only an announcement about a severe disease names one")
	}
	return nil
}

func (a *Announcement) checkReason(known bool) error {
	if !known {
		return fault.Bad("reason", "there is no such reason: see the catalogue of reasons")
	}
	return nil
}

func (a *Announcement) checkWords() error {
	if !Printable(a.Text, MaxText) {
		return fault.Bad("text", "a text has at most %d characters and no control characters", MaxText)
	}
	return nil
}

// checkTimes bounds the period by the database's clock.
func (a Announcement) checkTimes(now feed.Time) error {
	var begins, ends error
	if a.StartsAt > now+MaxAnnouncementMS {
		begins = fault.Bad("starts_at", "an announcement begins within seven days")
	}
	switch {
	case a.EndsAt <= now || a.EndsAt <= a.StartsAt:
		ends = fault.Bad("ends_at", "an announcement ends after now and after its start")
	case a.EndsAt > a.StartsAt+MaxAnnouncementMS:
		ends = fault.Bad("ends_at", "an announcement lasts seven days at most")
	}
	return fault.All(begins, ends)
}

// told are the announcements without those that were made here and ended long
// enough ago.
func (h Hospital) told(now feed.Time) map[string]Announcement {
	over := func(_ string, a Announcement) bool { return a.over(now) }
	after := maps.Clone(h.Announcements)
	maps.DeleteFunc(after, over)
	return after
}

func (a Announcement) over(now feed.Time) bool {
	return a.Source == SourceConsole && now >= a.EndsAt+KeepAnnouncementMS
}

// A namedAnnouncement is an announcement as a receipt names it.
type namedAnnouncement struct {
	ID       string `json:"id"`
	Hospital string `json:"hospital_id"`
	announcementValue
}

func (a Announcement) named() namedAnnouncement {
	return namedAnnouncement{a.ID, a.HospitalID, a.value()}
}
