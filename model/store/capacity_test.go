package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func TestWhatIsOverdue(t *testing.T) {
	const min = feed.Time(60_000)
	correction := func(h *model.Hospital, at feed.Time) {
		set(&h.Corrections, "er.general", model.Correction{Item: "er.general", Value: model.Reading{State: model.Known}, EndsAt: at})
	}
	word := func(h *model.Hospital, at feed.Time) {
		set(&h.Words, "severe.burn", model.Word{Disease: "severe.burn", State: model.Refuses, EndsAt: at})
	}
	announcement := func(source string) func(*model.Hospital, feed.Time) {
		return func(h *model.Hospital, at feed.Time) {
			set(&h.Announcements, "a", model.Announcement{ID: "a", HospitalID: h.ID, Source: source, Kind: model.AnnouncementER, EndsAt: at})
		}
	}
	both(t, func(t *testing.T, b *bench) {
		v, err := b.Verify(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i, c := range []struct {
			add  func(*model.Hospital, feed.Time)
			in   feed.Time
			over bool
		}{
			{correction, -1, true}, {correction, min, false}, {word, -1, true}, {word, min, false},
			{announcement(model.SourceConsole), -1, false}, {announcement(model.SourceConsole), -model.KeepAnnouncementMS - 1, true},
			{announcement(model.SourceAnnouncements), -model.KeepAnnouncementMS - 1, false},
		} {
			h := ward(fmt.Sprintf("A110000%d", 9-i), 3)
			c.add(&h, v.Now+c.in)
			if c.over {
				want = append(want, h.ID)
			}
			b.write(t, save(h))
		}
		slices.Sort(want)
		if ids, err := b.Overdue(t.Context()); err != nil || !slices.Equal(ids, want) {
			t.Errorf("overdue: %q, want %q; %v", ids, want, err)
		}
		for _, table := range []string{"correction", "acceptance_correction", "er_announcement"} {
			b.exec(t, "UPDATE "+table+" SET ends_at = ends_at + 7200000")
		}
		if ids, err := b.Overdue(t.Context()); err != nil || len(ids) != 0 {
			t.Errorf("none is overdue: %q, %v", ids, err)
		}
	})
}

func TestHospitalsAtAreThoseThatAreAskedFor(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		moved := full("A1100002", 3)
		moved.Region = "41" // by an administrator
		all := []model.Hospital{full("A1100001", 3), moved, ward("A1200001", 1)}
		for _, h := range all {
			b.write(t, save(h))
		}
		b.write(t, save(full("A1100001", 4)))
		all[0] = full("A1100001", 4)
		if err := b.EndRun(t.Context(), model.Run{ID: "r", Source: model.SourceBeds, IntervalMS: 5000, Complete: true}); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			f     model.HospitalFilter
			ids   string
			heads string
		}{
			"all":                       {model.HospitalFilter{}, "A1100001 A1100002 A1200001", "region:11=2 region:26=1 region:41=1"},
			"one":                       {model.HospitalFilter{IDs: []string{"A1100002"}}, "A1100002", "region:41=1"},
			"one that is not known":     {model.HospitalFilter{IDs: []string{"A1100009"}}, "", ""},
			"a region":                  {model.HospitalFilter{Regions: []string{"41"}}, "A1100002", "region:41=1"},
			"regions, one of them bare": {model.HospitalFilter{Regions: []string{"26", "11", "50"}}, "A1100001 A1200001", "region:11=2 region:26=1 region:50=0"},
			"one, in another region":    {model.HospitalFilter{IDs: []string{"A1100002"}, Regions: []string{"11"}}, "", "region:11=2"},
			"one, where it is":          {model.HospitalFilter{IDs: []string{"A1100001", "A1100002"}, Regions: []string{"11"}}, "A1100001", "region:11=2"},
		} {
			got, err := b.HospitalsAt(t.Context(), c.f)
			if err != nil {
				t.Fatal(name, err)
			}
			var heads []string
			for _, h := range got.Heads {
				heads = append(heads, fmt.Sprintf("%s=%d", h.Feed, h.Seq))
				if len(h.Epoch) != 16 {
					t.Errorf("%s: epoch %q", name, h.Epoch)
				}
			}
			ids := slices.Sorted(maps.Keys(got.Hospitals))
			if strings.Join(ids, " ") != c.ids || strings.Join(heads, " ") != c.heads {
				t.Errorf("%s: %q, %q", name, ids, heads)
			}
			for _, h := range all {
				if found, there := got.Hospitals[h.ID]; there && plainly(found) != plainly(h) {
					t.Errorf("%s: %s is %+v", name, h.ID, found)
				}
			}
			if s := got.Sources[model.SourceBeds]; s.IntervalMS != 5000 || s.CompleteAt == 0 || got.Now < s.CompleteAt {
				t.Errorf("%s: %+v at %d", name, got.Sources, got.Now)
			}
		}
	})
}

// The heads are of the same moment as the values: each change says its own
// number in a name, and whoever reads the name has the feed at that number.
func TestValuesAndHeadsAreOfOneMoment(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		const changes = 60
		b.write(t, save(numbered(1)))
		var writing sync.WaitGroup
		ctx, done := context.WithCancel(t.Context())
		writing.Go(func() {
			defer done()
			for n := 2; n <= changes; n++ {
				if _, _, err := b.Write(t.Context(), save(numbered(n))); err != nil {
					t.Error(err)
					return
				}
			}
		})
		reads := 0
		for ; ctx.Err() == nil || reads == 0; reads++ {
			c, err := b.HospitalsAt(t.Context(), model.HospitalFilter{Regions: []string{"11"}})
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprint(c.Heads[0].Seq); c.Hospitals["A1100001"].Name != want {
				t.Fatalf("at %s it reads the value of %s", want, c.Hospitals["A1100001"].Name)
			}
		}
		writing.Wait()
	})
}

func numbered(n int) model.Hospital {
	h := ward("A1100001", 3)
	h.Name = fmt.Sprint(n)
	return h
}

func TestRunsAreReadNewestFirst(t *testing.T) {
	yes, no := true, false
	both(t, func(t *testing.T, b *bench) {
		for i, source := range []string{model.SourceBeds, model.SourceAcceptance, model.SourceBeds, model.SourceBeds} {
			run := model.Run{ID: fmt.Sprintf("run-%d", i), Source: source, StartedAt: feed.Time(i + 1), IntervalMS: 5000, Rows: 7, Changed: i, Complete: i != 2}
			if i == 2 {
				run.Rejected, run.Error = []string{"행 3: no hpid"}, "the answer was not complete"
			}
			if err := b.EndRun(t.Context(), run); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range map[string]struct {
			f    model.RunFilter
			want string
		}{
			"all":                  {model.RunFilter{Limit: 9}, "run-3 run-2 run-1 run-0"},
			"two":                  {model.RunFilter{Limit: 2}, "run-3 run-2"},
			"before":               {model.RunFilter{Limit: 9, Before: "run-2"}, "run-1 run-0"},
			"of a source":          {model.RunFilter{Limit: 9, Source: model.SourceBeds}, "run-3 run-2 run-0"},
			"complete":             {model.RunFilter{Limit: 9, Complete: &yes}, "run-3 run-1 run-0"},
			"not complete":         {model.RunFilter{Limit: 9, Complete: &no}, "run-2"},
			"of a source, further": {model.RunFilter{Limit: 1, Source: model.SourceBeds, Before: "run-3"}, "run-2"},
		} {
			runs, err := b.Runs(t.Context(), c.f)
			var ids []string
			for _, r := range runs {
				ids = append(ids, r.ID)
			}
			if err != nil || strings.Join(ids, " ") != c.want {
				t.Errorf("%s: %q, %v", name, ids, err)
			}
		}
		r, err := b.RunByID(t.Context(), "run-2")
		if err != nil || r.StartedAt != 3 || r.EndedAt == 0 || r.IntervalMS != 5000 || r.Rows != 7 || r.Changed != 2 || r.Complete || r.Error == "" || !slices.Equal(r.Rejected, []string{"행 3: no hpid"}) {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := b.RunByID(t.Context(), "run-9"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}
