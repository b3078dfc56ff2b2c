package model

import (
	"testing"

	"pgregory.net/rapid"

	"weer/model/feed"
)

// The look without locks may err only towards having moved: where a hearing
// moves a hospital at the database's time, it does so without a clock too.
func misses[R any](t *rapid.T, name string, h Hospital, hear hearing[R], rows []R) {
	whole := rapid.Bool().Draw(t, name+" whole")
	if _, moved := hear(h, rows, whole, testNoon); moved {
		if _, seen := hear(h, rows, whole, 0); !seen {
			t.Fatalf("%s: %+v moves a hospital, and is not looked at", name, rows)
		}
	}
}

func TestNoHospitalThatMovesIsPassedOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Hospital{ID: "A1100001"}
		for i := range 4 { // what the hospital was told before, then what comes now
			now := testNoon - feed.Time(4-i)*testMin
			at := now + feed.Time(rapid.SampledFrom([]int{-9, -1, 0, 1, 5}).Draw(t, "age"))*testMin
			reports := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Observation {
				return Observation{HospitalID: h.ID, ObservedAt: rapid.SampledFrom([]feed.Time{0, at, at + 1}).Draw(t, "at"), Readings: free(rapid.IntRange(0, 1).Draw(t, "free"))}
			}), 0, 2).Draw(t, "reports")
			words := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Declared {
				state := rapid.SampledFrom([]Acceptance{Accepts, Refuses}).Draw(t, "state")
				return Declared{HospitalID: h.ID, Declarations: Declarations{"severe.burn": {State: state}}}
			}), 0, 1).Draw(t, "words")
			messages := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Announcement {
				a, _ := Announcement{HospitalID: h.ID, Kind: AnnouncementER, Text: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "text"), Lifted: rapid.Bool().Draw(t, "lifted")}.check()
				return a
			}), 0, 2).Draw(t, "messages")
			entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Institution {
				return Institution{HospitalID: h.ID, Tel: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "tel")}
			}), 0, 1).Draw(t, "entries")
			if i == 3 {
				misses(t, "beds", h, hearBeds, reports)
				misses(t, "acceptance", h, hearAcceptance, words)
				misses(t, "messages", h, hearAnnouncements, messages)
				misses(t, "list", h, hearList, entries)
				return
			}
			h, _ = hearBeds(h, reports, true, now)
			h, _ = hearAcceptance(h, words, true, now)
			h, _ = hearAnnouncements(h, messages, true, now)
			h, _ = hearList(h, entries, true, now)
			h = h.settle(now)
		}
	})
}

// What was read from the store is never changed in place: another change may
// hold it.
func TestNothingReadIsChangedInPlace(t *testing.T) {
	h := everything()
	before := string(mustJSON(h))
	message := Announcement{HospitalID: h.ID, Kind: AnnouncementER, Text: "new"}
	hearBeds(h, []Observation{{HospitalID: h.ID, ObservedAt: testNoon + 1, Readings: free(9)}}, true, testNoon)
	hearBeds(h, nil, true, testNoon)
	hearAcceptance(h, []Declared{{HospitalID: h.ID}}, true, testNoon)
	hearAcceptance(h, nil, true, testNoon)
	hearAnnouncements(h, []Announcement{message}, true, testNoon)
	hearAnnouncements(h, nil, true, testNoon)
	hearList(h, nil, true, testNoon)
	h.observe(onePush, Observation{Readings: free(1)}, testNoon)
	h.settle(testNoon + CorrectionMS)
	if after := string(mustJSON(h)); after != before {
		t.Errorf("%s\n%s", before, after)
	}
}
