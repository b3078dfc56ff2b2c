package watch

import (
	"cmp"
	"slices"
	"strings"

	"weer/model"
	"weer/model/feed"
)

// noticesAt tells the announcements in force, the most important first. One that
// could not be read may be the one that closes the hospital, and is told too.
func (r report) noticesAt(now feed.Time) (texts []string) {
	inForce := slices.DeleteFunc(slices.Clone(r.Announcements), func(a model.Announcement) bool { return !a.ActiveAt(now) })
	slices.SortFunc(inForce, byWeight)
	for range r.unread {
		texts = append(texts, "읽을 수 없는 안내")
	}
	for _, a := range inForce {
		texts = append(texts, noticeText(a))
	}
	return texts
}

// byWeight puts the emergency room before a single disease, what has no end
// before what ends, a later end before a sooner one, the newer before the older.
func byWeight(a, b model.Announcement) int {
	return cmp.Or(
		cmp.Compare(weight(a), weight(b)),
		-cmp.Compare(a.EndsAt, b.EndsAt),
		-cmp.Compare(a.StartsAt, b.StartsAt),
		strings.Compare(a.ID, b.ID))
}

func weight(a model.Announcement) (w int) {
	if a.Kind != model.AnnouncementER {
		w += 2
	}
	if a.EndsAt != 0 {
		w++
	}
	return w
}

// noticeText says what an announcement is about, where that is less than the
// emergency room, and what it says. It is not always a refusal, so nothing here
// calls it one.
func noticeText(a model.Announcement) string {
	text := cmp.Or(oneLine(a.Text), "(내용 없음)")
	if department := oneLine(a.Department); department != "" {
		text += " (" + department + ")"
	}
	if a.Kind == model.AnnouncementER {
		return text
	}
	return subject(a) + ": " + text
}

func subject(a model.Announcement) string {
	if d, ok := model.DiseaseByCode(a.Disease); ok {
		return d.Korean
	}
	return "[" + cmp.Or(oneLine(a.Code), "중증") + "]"
}
