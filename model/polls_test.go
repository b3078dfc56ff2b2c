package model_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/feed"
)

// A record takes one answer of one operation.
type record func(context.Context, *model.Service) (model.Run, error)

// drawAnswer is an answer of any operation about a few hospitals.
func drawAnswer(t *rapid.T, now feed.Time) record {
	complete := rapid.Bool().Draw(t, "complete")
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{seoul, seoul2, busan, daegu, "A9900001"}), 0, 4, rapid.ID[string]).Draw(t, "hospitals")
	kind := rapid.SampledFrom([]string{"beds", "acceptance", "messages", "list"}).Draw(t, "operation")
	n := rapid.IntRange(0, 2).Draw(t, "n")
	switch kind {
	case "beds":
		p := poll(complete)
		for _, id := range ids {
			p.Rows = append(p.Rows, beds(id, now-feed.Time(n)*second, n))
		}
		return func(ctx context.Context, s *model.Service) (model.Run, error) { return s.RecordPoll(ctx, "r", p) }
	case "acceptance":
		p := acceptance(complete)
		for _, id := range ids {
			p.Rows = append(p.Rows, declares(id, says([]model.Acceptance{accepts, refuses, silent}[n])))
		}
		return func(ctx context.Context, s *model.Service) (model.Run, error) { return s.RecordAcceptance(ctx, "r", p) }
	case "messages":
		p := announcements(complete)
		for _, id := range ids {
			p.Rows = append(p.Rows, message(id, fmt.Sprint(n)), message(id, fmt.Sprint(n)))
		}
		return func(ctx context.Context, s *model.Service) (model.Run, error) {
			return s.RecordAnnouncements(ctx, "r", p)
		}
	}
	p := institutions(complete)
	for _, id := range ids {
		p.Rows = append(p.Rows, inList(id, []string{"서울 중구", "부산 중구", ""}[n]))
	}
	return func(ctx context.Context, s *model.Service) (model.Run, error) {
		return s.RecordInstitutions(ctx, "r", p)
	}
}

// Of any operation: an answer that says the same again writes its run and
// nothing else, once what it does not mention is believed to be gone; and every
// key of a hospital is in the one feed of its region, as a screen can read it.
func TestAnAnswerThatSaysTheSameWritesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		s := model.NewService(m, m)
		for range rapid.IntRange(1, 12).Draw(t, "answers") {
			m.now += second
			take := drawAnswer(t, m.now)
			for range 2 {
				if _, err := take(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			writes, told, hints, runs := m.writes, m.told, len(m.hints), len(m.runs)
			run, err := take(t.Context(), s)
			if err != nil || run.Changed != 0 || m.writes != writes || m.told != told || len(m.hints) != hints || len(m.runs) != runs+1 {
				t.Fatalf("%+v, %v: %d writes, %d told, %d hints, %d runs", run, err, m.writes-writes, m.told-told, len(m.hints)-hints, len(m.runs)-runs)
			}
		}
		m.readable(t)
	})
}

// readable judges the keys of all hospitals: each in its region's feed and no
// other, and all of them readable.
func (m *memory) readable(t *rapid.T) {
	for key := range m.keys {
		feedName, name, _ := strings.Cut(key, " ")
		id, _, _ := strings.Cut(name, "/")
		if h, hospital := m.hospitals[id]; hospital && h.Feed() != feedName {
			t.Fatalf("%s, and the hospital is in %s", key, h.Feed())
		}
	}
	for id, h := range m.hospitals {
		keys := h.Keys()
		for key, value := range keys {
			if string(m.keys[h.Feed()+" "+key]) != string(value) {
				t.Fatalf("%s is %s, not %s", key, m.keys[h.Feed()+" "+key], value)
			}
		}
		if _, err := model.ReadCard(id, keys); (err == nil) != (len(keys) > 0) {
			t.Fatalf("%v: %v", keys, err)
		}
	}
}

// country is one answer of each operation, as large as they are.
func country() (model.Poll, model.AcceptancePoll, model.AnnouncementPoll) {
	b, a, n := poll(true), acceptance(true), announcements(true)
	for i := range 443 {
		id := fmt.Sprintf("A11%05d", i)
		o := beds(id, noon, i)
		for j, item := range model.Items {
			o.Readings[item.Code] = model.Reading{State: model.Known, Value: (i + j) % 30, Total: 30, HasTotal: true}
		}
		b.Rows = append(b.Rows, o)
		words := model.Declarations{}
		for j, d := range model.Diseases {
			words[d.Code] = model.Declaration{State: []model.Acceptance{silent, accepts, silent, refuses}[(i+j)%4]}
		}
		a.Rows = append(a.Rows, declares(id, words))
		for j := range i % 4 {
			n.Rows = append(n.Rows, message(id, fmt.Sprintf("내과 진료 불가 %d", j)))
		}
	}
	return b, a, n
}

// The decision about answers of all three quick operations in which nothing
// moved, without the database.
func BenchmarkNothingMoved(b *testing.B) {
	bedPoll, accPoll, msgPoll := country()
	m := newMemory()
	s := model.NewService(m, m)
	all := func() (moved int) {
		x, err := s.RecordPoll(b.Context(), "r", bedPoll)
		y, err2 := s.RecordAcceptance(b.Context(), "r", accPoll)
		z, err3 := s.RecordAnnouncements(b.Context(), "r", msgPoll)
		if err != nil || err2 != nil || err3 != nil {
			b.Fatal(err, err2, err3)
		}
		return x.Changed + y.Changed + z.Changed
	}
	all()
	b.ReportAllocs()
	for b.Loop() {
		if all() != 0 {
			b.Fatal("something moved")
		}
	}
}
