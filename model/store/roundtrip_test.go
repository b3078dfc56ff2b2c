package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"weer/model"
)

// keyed draws a map whose values know their keys.
func keyed[V any](t *rapid.T, name string, values *rapid.Generator[V], key func(V) string) map[string]V {
	m := map[string]V{}
	for _, v := range rapid.SliceOfN(values, 0, 3).Draw(t, name) {
		m[key(v)] = v
	}
	return m
}

var anyRegion = rapid.SampledFrom([]string{"11", "26", "41"})

// anyHospital is any hospital that the store takes, also one that no rule would
// settle so.
func anyHospital(t *rapid.T, id string) model.Hospital {
	sources := rapid.SampledFrom([]string{model.SourceBeds, model.SourceAcceptance, model.SourceInstitutions, "push:a"})
	observed := rapid.Custom(func(t *rapid.T) model.Observed {
		return model.Observed{SourceTimes: model.SourceTimes{ObservedAt: anyTime.Draw(t, "observed"), ReceivedAt: anyTime.Draw(t, "received")}, Readings: anyReadings.Draw(t, "readings")}
	})
	h := model.Hospital{
		ID: id, Region: anyRegion.Draw(t, "region"), Name: anyText.Draw(t, "name"), Tel: anyText.Draw(t, "tel"),
		Observed:     rapid.MapOfN(sources, observed, 0, 3).Draw(t, "observed"),
		Missed:       rapid.MapOfN(sources, rapid.IntRange(0, 2), 0, 3).Draw(t, "missed"),
		Declarations: anyDeclarations.Draw(t, "declarations"),
		Readings:     anyReadings.Draw(t, "shown"),
	}
	h.Base = rapid.SampledFrom(append(slices.Sorted(maps.Keys(h.Observed)), "")).Draw(t, "base")
	if rapid.Bool().Draw(t, "as observed") {
		h.Readings = maps.Clone(h.Observed[h.Base].Readings)
	}
	if rapid.Bool().Draw(t, "listed") {
		h.Listed = anyInstitution(t, id)
	}
	h.Words = keyed(t, "words", anyWord, func(w model.Word) string { return w.Disease })
	h.Corrections = keyed(t, "corrections", anyCorrection, func(c model.Correction) string { return c.Item })
	h.Overrides = keyed(t, "overrides", anyOverride, func(o model.Override) string { return o.Field })
	h.Announcements = keyed(t, "announcements", anyAnnouncement(id), func(a model.Announcement) string { return a.ID })
	h.Console = rapid.SampledFrom([]model.Reach{"", model.ReachNone, model.ReachOpen, model.ReachVisible, model.ReachAudible}).Draw(t, "console")
	if h.Console != "" {
		h.ConsoleAt = anyTime.Draw(t, "console at")
	}
	h.Holds = keyed(t, "holds", anyHold, func(h model.Hold) string { return h.Reservation })
	return h
}

var anyHold = rapid.Custom(func(t *rapid.T) model.Hold {
	return model.Hold{
		Reservation: rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(t, "reservation"), Item: rapid.SampledFrom(model.Items).Draw(t, "item").Code,
		Kind: rapid.SampledFrom([]model.HoldKind{model.HoldAsked, model.HoldComing, model.HoldAbsorbed}).Draw(t, "kind"), Since: anyTime.Draw(t, "since"),
	}
})

func anyInstitution(t *rapid.T, id string) model.Institution {
	i := model.Institution{
		HospitalID: id, Name: anyText.Draw(t, "name"), Address: anyText.Draw(t, "address"), Region: anyRegion.Draw(t, "region"),
		District: anyText.Draw(t, "district"), Level: model.Level(anyText.Draw(t, "level")), LevelName: anyText.Draw(t, "level name"),
		Tel: anyText.Draw(t, "tel"), MainTel: anyText.Draw(t, "main tel"),
	}
	if rapid.Bool().Draw(t, "placed") {
		degrees := rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.Int64Range(-1e15, 1e15).Draw(t, "degrees")) / 1e13 })
		i.Place = &model.Point{Lat: degrees.Draw(t, "lat"), Lon: degrees.Draw(t, "lon")}
	}
	return i
}

var anyCorrection = rapid.Custom(func(t *rapid.T) model.Correction {
	return model.Correction{
		Item: rapid.SampledFrom([]string{"er.general", "icu.er", "equipment.ct"}).Draw(t, "item"), Value: anyReading.Draw(t, "value"),
		Said: rapid.MapOfN(rapid.SampledFrom([]string{model.SourceBeds, "push:a"}), anyReading, 0, 2).Draw(t, "said"),
		By:   anyText.Draw(t, "by"), MadeAt: anyTime.Draw(t, "made"), EndsAt: anyTime.Draw(t, "ends"),
	}
})

var anyWord = rapid.Custom(func(t *rapid.T) model.Word {
	state := rapid.SampledFrom([]model.Acceptance{model.Accepts, model.Refuses, model.AcceptanceNotStated})
	return model.Word{
		Disease: rapid.SampledFrom([]string{"severe.burn", "severe.delivery"}).Draw(t, "disease"), State: state.Draw(t, "state"), Note: anyText.Draw(t, "note"),
		Said: model.Said{State: state.Draw(t, "said"), Note: anyText.Draw(t, "said note")},
		By:   anyText.Draw(t, "by"), MadeAt: anyTime.Draw(t, "made"), EndsAt: anyTime.Draw(t, "ends"),
	}
})

var anyOverride = rapid.Custom(func(t *rapid.T) model.Override {
	return model.Override{
		Field: rapid.SampledFrom([]string{model.FieldName, model.FieldLat, model.FieldRegion}).Draw(t, "field"), Value: anyText.Draw(t, "value"),
		Owner: anyText.Draw(t, "owner"), Reason: anyText.Draw(t, "reason"), SetAt: anyTime.Draw(t, "set"),
	}
})

func anyAnnouncement(id string) *rapid.Generator[model.Announcement] {
	return rapid.Custom(func(t *rapid.T) model.Announcement {
		return model.Announcement{
			ID: rapid.SampledFrom([]string{"0123456789abcdef", "0123456789abcdee", "a", "A"}).Draw(t, "id"), HospitalID: id,
			Kind: model.AnnouncementKind(rapid.SampledFrom([]string{"er", "severe"}).Draw(t, "kind")), Code: anyText.Draw(t, "code"),
			Disease: rapid.SampledFrom([]string{"", "severe.burn"}).Draw(t, "disease"), Text: anyText.Draw(t, "text"), Department: anyText.Draw(t, "department"),
			Lifted: rapid.Bool().Draw(t, "lifted"), Automatic: rapid.Bool().Draw(t, "automatic"),
			StartsAt: anyTime.Draw(t, "starts"), EndsAt: anyTime.Draw(t, "ends"), SinceAt: anyTime.Draw(t, "since"), Missed: rapid.IntRange(0, 1).Draw(t, "missed"),
			Source: rapid.SampledFrom([]string{model.SourceAnnouncements, model.SourceConsole}).Draw(t, "source"),
			Reason: model.AnnouncementReason(rapid.SampledFrom([]string{"", "no_beds"}).Draw(t, "reason")),
			By:     anyText.Draw(t, "by"), Revision: uint64(rapid.IntRange(0, 9).Draw(t, "revision")),
		}
	})
}

// plainly writes a hospital so that equal ones are written equally: a map that
// is empty is as good as none.
func plainly(h model.Hospital) string {
	v := reflect.ValueOf(&h).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Map && f.Len() == 0 {
			f.SetZero()
		}
	}
	observed := map[string]model.Observed{}
	for source, o := range h.Observed {
		if len(o.Readings) == 0 {
			o.Readings = nil
		}
		observed[source] = o
	}
	h.Observed = observed
	place := "nowhere"
	if h.Listed.Place != nil {
		place = fmt.Sprint(*h.Listed.Place)
	}
	h.Listed.Place = nil
	return fmt.Sprintf("%+v at %s", h, place)
}

// agree fails when the store does not hold exactly these hospitals, or its
// feeds do not hold exactly their keys.
func (b *bench) agree(tb rapid.TB, ctx context.Context, want map[string]model.Hospital) {
	tb.Helper()
	held, err := b.Hospitals(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(held)), slices.Sorted(maps.Keys(want))) {
		tb.Fatalf("hospitals %v, want %v", slices.Sorted(maps.Keys(held)), slices.Sorted(maps.Keys(want)))
	}
	keys := map[string]string{}
	for id, h := range held {
		if got, want := plainly(h), plainly(want[id]); got != want {
			tb.Fatalf("got  %s\nwant %s", got, want)
		}
		for key, value := range h.Keys() {
			keys[h.Feed()+" "+key] = string(value)
		}
	}
	live := map[string]string{}
	rows, err := b.plain.Query("SELECT feed, `key`, value FROM feed_key WHERE gone = 0")
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, key, value string
		if err := rows.Scan(&name, &key, &value); err != nil {
			tb.Fatal(err)
		}
		live[name+" "+key] = value
	}
	if err := rows.Err(); err != nil || !maps.Equal(live, keys) {
		tb.Fatalf("%v: the feeds hold\n%v\nthe hospitals have\n%v", err, live, keys)
	}
}

var hospitalTables = []string{
	"hospital", "emergency_room_info", "icu", "equipment", "observation", "severe_disease_acceptance", "er_announcement", "acceptance_correction", "correction",
	"hospital_override", "bed_hold",
}

// Whatever is saved over whatever was saved before is read as it was saved, and
// the feeds hold its keys.
func TestAnyHospitalComesBackAsItWasSaved(t *testing.T) {
	stores := map[string]*bench{}
	for name, newURL := range databases {
		stores[name] = newBench(t, newURL(t))
	}
	ids := []string{"A1100001", "A1100002", "A2100001"}
	rapid.Check(t, func(rt *rapid.T) {
		want := map[string]model.Hospital{}
		for _, b := range stores {
			b.clear(t)
			for _, table := range hospitalTables {
				b.exec(t, "DELETE FROM "+table)
			}
		}
		for range rapid.IntRange(1, 4).Draw(rt, "rounds") {
			var saved []model.Hospital
			for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, len(ids), rapid.ID).Draw(rt, "saved") {
				h := anyHospital(rt, id)
				saved, want[id] = append(saved, h), h
			}
			for name, b := range stores {
				if _, _, err := b.Write(t.Context(), save(saved...)); err != nil {
					rt.Fatalf("%s: %v", name, err)
				}
				b.agree(rt, t.Context(), want)
			}
		}
		for _, b := range stores {
			b.sound(t)
		}
	})
}

// The judge of the round trip proves itself.
func TestAgreeFindsWhatIsPlanted(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for _, fault := range []string{
			"UPDATE hospital SET main_tel = 'x'", "UPDATE observation SET received_at = 1", "DELETE FROM correction", "DELETE FROM acceptance_correction", "UPDATE acceptance_correction SET said_note = 'x'",
			"UPDATE er_announcement SET source = 'egen.messages'", "UPDATE er_announcement SET revision = 4 WHERE revision = 3", "DELETE FROM hospital_override",
			"UPDATE er_announcement SET lifted = 0", "DELETE FROM severe_disease_acceptance", "UPDATE equipment SET readings = '{}'",
			"UPDATE hospital SET missed_by = '{}'", "UPDATE feed_key SET value = '1' WHERE `key` = 'A1100001/er'", "DELETE FROM feed_key WHERE `key` = 'A1100001/icu'",
			"INSERT INTO feed_key VALUES ('region:26', 'A1100001/er', 1, 0, '1')", "UPDATE hospital SET region = NULL", "UPDATE hospital SET console = 'open'", "UPDATE hospital SET console_at = 1",
		} {
			b.clear(t)
			for _, table := range hospitalTables {
				b.exec(t, "DELETE FROM "+table)
			}
			h := full("A1100001", 3)
			want := map[string]model.Hospital{h.ID: h}
			b.write(t, save(h))
			if complaint := complaint(t, b, want); complaint != "" {
				t.Fatalf("nothing was planted: %s", complaint)
			}
			b.exec(t, fault)
			if complaint(t, b, want) == "" {
				t.Errorf("not found: %s", fault)
			}
		}
	})
}

// A listener takes a judge's complaint in place of a test.
type listener struct {
	*testing.T
	heard string
}

func (l *listener) Fatalf(format string, args ...any) {
	l.heard = fmt.Sprintf(format, args...)
	panic(l)
}

func complaint(t *testing.T, b *bench, want map[string]model.Hospital) string {
	l := &listener{T: t}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(l) {
				panic(r)
			}
		}()
		b.agree(l, t.Context(), want)
	}()
	return l.heard
}

// A recorder notes the tables that are written.
type recorder struct {
	grammar
	written *[]string
}

func (r recorder) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	r.grammar.AfterQuery(ctx, e)
	words := strings.Fields(strings.NewReplacer("`", "", `"`, "").Replace(e.Query))
	if len(words) > 2 && (words[0] == "INSERT" || words[0] == "DELETE") && slices.Contains(hospitalTables, words[2]) {
		*r.written = append(*r.written, words[0]+" "+words[2])
	}
}

// Only the rows that differ are written, in one order, under the lock.
func TestOnlyTheRowsThatDifferAreWritten(t *testing.T) {
	const lock = "INSERT hospital"
	both(t, func(t *testing.T, b *bench) {
		var written []string
		b.w = b.w.WithQueryHook(recorder{grammar{t}, &written})
		h := full("A1100001", 3)
		for _, step := range []struct {
			name   string
			change func(h *model.Hospital)
			want   []string
		}{
			{"all", func(h *model.Hospital) {}, []string{
				lock, lock, "INSERT emergency_room_info", "INSERT icu", "INSERT equipment", "INSERT observation", "INSERT severe_disease_acceptance",
				"INSERT er_announcement", "INSERT acceptance_correction", "INSERT correction", "INSERT hospital_override"}},
			{"nothing", func(h *model.Hospital) {}, []string{lock}},
			{"a reading of what is not shown", func(h *model.Hospital) {
				h.Observed["push:a"] = model.Observed{Readings: model.Readings{"icu.er": {State: model.Known}}}
			}, []string{lock, "INSERT observation"}},
			{"a corrected reading", func(h *model.Hospital) {
				h.Readings["er.general"] = model.Reading{State: model.Known, Value: 99}
			}, []string{lock, "INSERT emergency_room_info"}},
			{"a declaration", func(h *model.Hospital) {
				h.Declarations["severe.burn"] = model.Declaration{State: model.Refuses, Since: 77}
			}, []string{lock, "INSERT severe_disease_acceptance"}},
			{"a list's place", func(h *model.Hospital) { h.Listed.Place = nil }, []string{lock, lock}},
			{"a missed poll", func(h *model.Hospital) { h.Missed[model.SourceAcceptance] = 1 }, []string{lock, lock}},
			{"less", func(h *model.Hospital) {
				delete(h.Observed, "push:a")
				h.Corrections, h.Overrides, h.Declarations, h.Announcements, h.Words = nil, nil, nil, nil, nil
			}, []string{lock, "DELETE observation", "DELETE severe_disease_acceptance", "DELETE er_announcement", "DELETE er_announcement",
				"DELETE er_announcement", "DELETE acceptance_correction", "DELETE correction", "DELETE hospital_override"}},
		} {
			step.change(&h)
			written = nil
			b.write(t, save(h))
			if !slices.Equal(written, step.want) {
				t.Errorf("%s: %q, want %q", step.name, written, step.want)
			}
			b.agree(t, t.Context(), map[string]model.Hospital{h.ID: h})
		}
		for _, table := range []string{"severe_disease_acceptance", "er_announcement", "acceptance_correction", "correction", "hospital_override"} {
			if n := b.number(t, "SELECT COUNT(*) FROM "+table); n != 0 {
				t.Errorf("%d rows stay in %s", n, table)
			}
		}
	})
}

func TestTheValueOfAKey(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put("admin", "run/a", json.RawMessage(`{"a": "응급"}`)))
		b.write(t, put("admin", "b", 1))
		b.write(t, remove("admin", "b"))
		for key, want := range map[string]string{"run/a": `{"a":"응급"}`, "b": "", "c": ""} {
			if got, err := b.Value(t.Context(), "admin", key); err != nil || string(got) != want || got == nil != (want == "") {
				t.Errorf("%s: %s, %v", key, got, err)
			}
		}
	})
}
