package watch

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"weer/model"
	"weer/model/feed"
)

type values map[string]any

func at(age time.Duration) feed.Time { return feed.At(now.Add(-age)) }

func times(age time.Duration) model.SourceTimes {
	return model.SourceTimes{ObservedAt: at(age), ReceivedAt: feed.At(now)}
}

// with is a board with these keys instead of what it had under their names.
func with(board []feed.Entry, keys values) []feed.Entry {
	out := slices.DeleteFunc(slices.Clone(board), func(e feed.Entry) bool { _, again := keys[e.Key]; return again })
	for key, v := range keys {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		out = append(out, feed.Entry{Key: key, Seq: uint64(len(out) + 1), Value: raw})
	}
	return out
}

// everything has each rule of the table at least once.
func everything() []feed.Entry {
	return with(board(hospitals...), values{
		"A1100001/hospital": values{"name": "경희대학교병원", "level": "G001"},
		"A1100001/msg/1":    values{"kind": "severe", "disease": "severe.mi_reperfusion", "text": "심혈관 시술팀 부재로 수용 불가", "starts_at": at(time.Hour), "ends_at": at(-time.Hour)},
		"A1100001/msg/2":    values{"kind": "er", "text": "CT 고장으로 뇌졸중 의심환자 수용이 어렵습니다", "department": "신경과", "starts_at": at(time.Hour), "ends_at": nil},
		"A1100001/msg/3":    values{"kind": "er", "text": "해제된 안내", "lifted": true, "starts_at": at(time.Hour), "ends_at": nil},
		"A1100002/hospital": values{"name": "건국대학교병원", "level": "G006"},
		"A1100002/egen":     times(3 * time.Hour), "A1100002/push": values{"source": "push:kuh", "observed_at": at(40 * time.Second), "received_at": at(0)},
		"A1100004/hospital":  values{"name": "재단법인아산사회복지재단서울아산병원", "level": "G006"},
		"A1100006/hospital":  values{"name": "강북삼성병원", "level": "G007"},
		"A1100006/corrected": values{itemER: values{"value": known(7, 15), "source": known(3, 15), "by": "간호사", "at": at(2 * time.Minute), "ends_at": at(-28 * time.Minute)}},
		"A1100010/hospital":  values{"name": "서울특별시동부병원", "level": "G009"},
		"A1100010/msg/9":     values{"kind": "severe", "disease": "severe.delivery", "text": "분만 가능", "starts_at": at(time.Hour), "ends_at": nil},
		"A1100011/hospital":  values{"name": "전문병원", "level": "G099", "level_name": "전문응급의료센터"},
		"A1100011/er":        values{itemER: known(5, 6)},
		"A1100011/corrected": values{itemER: values{"value": known(5, 6), "source": model.Reading{State: model.NotReported}, "by": "간호사", "at": at(12 * time.Minute), "ends_at": at(-18 * time.Minute)}},
	})
}

// rowOf is a hospital's row on a board now.
func rowOf(t *testing.T, board []feed.Entry, id string) row {
	t.Helper()
	rows := rowsOf(board, now, feed.DefaultTimings)
	i := slices.IndexFunc(rows, func(r row) bool { return r.id == id })
	if i < 0 {
		t.Fatalf("%s has no row", id)
	}
	return rows[i]
}

func TestAgeIsOfThePushWhileThereIsOne(t *testing.T) {
	one := board(hospital{"A1100001", "가병원", 2 * time.Hour, known(4, 8), nil})
	if r := rowOf(t, one, "A1100001"); r.state != feed.Withdrawn {
		t.Fatalf("without a push: %s", r.state)
	}
	for age, want := range map[time.Duration]feed.Freshness{time.Minute: feed.Fresh, 3 * time.Hour: feed.Withdrawn} {
		r := rowOf(t, with(one, values{"A1100001/push": times(age), "A1100001/egen": times(0)}), "A1100001")
		if r.observed != at(age) || r.state != want || r.er.state != want {
			t.Errorf("a push of %v ago: %+v", age, r)
		}
	}
	r := rowOf(t, with(one, values{"A1100001/push": "?", "A1100001/egen": times(0)}), "A1100001")
	if r.state != feed.Stale || r.observed != 0 {
		t.Errorf("a push that cannot be read is as old as E-Gen: %+v", r)
	}
}

func TestHospitalWithoutBedReportIsNotReporting(t *testing.T) {
	s := live()
	s.Board = with(nil, values{
		"A1100010/hospital": values{"name": "동부병원"},
		"A1100010/er":       values{itemER: known(77, 88)}, // nobody stands for it
	})
	text := Draw(s)
	for _, want := range []string{"○ 미보고", "응급실 빈 병상 0, 0/1 병원"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
	}
	for _, wrong := range []string{"77", "88", "시각 불명", "오래됨"} {
		if strings.Contains(text, wrong) {
			t.Errorf("%q is shown:\n%s", wrong, text)
		}
	}
}

func TestPersonsWordIsAsOldAsThePersonsWord(t *testing.T) {
	old := rowOf(t, everything(), "A1100006") // E-Gen's numbers are two hours old
	if old.state != feed.Withdrawn || old.er.state != feed.Fresh || !old.er.known() || old.icu.known() || old.icu.confirmed {
		t.Errorf("%+v", old)
	}
	alone := rowOf(t, everything(), "A1100011") // no source says anything
	if !alone.reported || alone.observed != at(12*time.Minute) || alone.state != feed.Ageing || !alone.er.known() {
		t.Errorf("%+v", alone)
	}
	if got := totalOf([]row{old, alone}); got != (total{free: 12, reported: 2, hospitals: 2}) {
		t.Errorf("%+v", got)
	}
}

func TestConfirmedNumberIsMarkedAndExplained(t *testing.T) {
	s := live()
	if text := Draw(s); strings.Contains(text, confirmed) {
		t.Errorf("nobody confirmed anything:\n%s", text)
	}
	s.Board, s.Height = everything(), 20
	text := Draw(s)
	for _, want := range []string{" 7/15✓ ", " 5/6✓ ", "✓ 병원 확인"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
	}
	if strings.Count(text, confirmed) != 3 {
		t.Errorf("marked is more:\n%s", text)
	}
}

func TestOnlyWhatIsInForceIsAnnounced(t *testing.T) {
	for name, c := range map[string]struct {
		lifted     bool
		start, end feed.Time
		want       int
	}{
		"open": {false, at(time.Hour), 0, 1}, "no start": {false, 0, 0, 1}, "ends later": {false, at(time.Hour), at(-time.Second), 1},
		"ends now": {false, at(time.Hour), at(0), 0}, "over": {false, at(time.Hour), at(time.Minute), 0},
		"not begun": {false, at(-time.Second), 0, 0}, "lifted": {true, at(time.Hour), 0, 0},
	} {
		b := with(board(hospitals[0]), values{"A1100001/msg/1": values{"kind": "er", "text": "t", "lifted": c.lifted, "starts_at": c.start, "ends_at": c.end}})
		if got := rowOf(t, b, "A1100001").notices; len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestMostImportantAnnouncementFirst(t *testing.T) {
	say := func(text, kind string, start, end feed.Time) values {
		return values{"kind": kind, "text": text, "disease": "severe.delivery", "starts_at": start, "ends_at": end}
	}
	b := with(board(hospitals[0]), values{
		"A1100001/msg/a": say("6", "severe", at(time.Hour), at(-time.Hour)),
		"A1100001/msg/b": say("5", "severe", at(time.Hour), 0),
		"A1100001/msg/c": say("4", "er", at(time.Minute), at(-time.Hour)),
		"A1100001/msg/d": say("3", "er", at(time.Hour), at(-2*time.Hour)),
		"A1100001/msg/e": say("2", "er", at(time.Hour), 0),
		"A1100001/msg/f": say("1", "er", at(time.Minute), 0),
	})
	want := []string{"1", "2", "3", "4", "[산부인과응급] 분만: 5", "[산부인과응급] 분만: 6"}
	if got := rowOf(t, b, "A1100001").notices; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnnouncementThatSaysLittleIsAnnounced(t *testing.T) {
	for want, v := range map[string]values{
		"(내용 없음)":         {"kind": "er", "text": ""},
		"[Y0999]: 수용 불가":  {"kind": "severe", "code": "Y0999", "text": "수용 불가"},
		"[중증]: 수술 중 (외과)": {"kind": "severe", "text": "수술\n중", "department": "외과"},
		"가[2J나":           {"kind": "er", "text": "가\x1b[2J\u202e나"},
		"읽을 수 없는 안내":      {"kind": 7},
	} {
		got := rowOf(t, with(board(hospitals[0]), values{"A1100001/msg/1": v}), "A1100001")
		if !slices.Equal(got.notices, []string{want}) || got.er.Reading != *hospitals[0].er {
			t.Errorf("%q, want %q; %+v", got.notices, want, got.er)
		}
	}
}

// TestAnnouncementsAreCountedAtEveryWidth: what decides is never hidden by what
// it decides about.
func TestAnnouncementsAreCountedAtEveryWidth(t *testing.T) {
	for width := 50; width <= 200; width++ {
		s := live()
		s.Board, s.Width, s.Height = everything(), width, 20
		text := Draw(s)
		if !strings.Contains(text, "  2건") || !strings.Contains(text, "  1건") {
			t.Fatalf("at %d cells:\n%s", width, text)
		}
		if told := strings.Contains(text, "CT 고장"); told != (width >= 95) {
			t.Fatalf("at %d cells the text is told: %v\n%s", width, told, text)
		}
	}
}

func TestAnnouncementsAreCountedInOneColumn(t *testing.T) {
	counted := regexp.MustCompile(`(?m)^(.*) [12]건`)
	cond := widths(false)
	for width := 50; width <= 200; width++ {
		s := live()
		s.Board, s.Width, s.Height = everything(), width, 20
		found := counted.FindAllStringSubmatch(Draw(s), -1)
		if len(found) != 2 || cond.StringWidth(found[0][1]) != cond.StringWidth(found[1][1]) {
			t.Fatalf("at %d cells:\n%s", width, Draw(s))
		}
	}
}

func TestLevelsInTwoSyllables(t *testing.T) {
	for _, c := range []struct {
		level      model.Level
		name, want string
	}{
		{model.LevelRegional, "", "권역"}, {model.LevelLocal, "지역응급의료센터", "센터"}, {model.LevelLocalUnit, "", "기관"},
		{model.LevelReported, "", "신고"}, {"G099", "전문응급의료센터", "전문"}, {"G099", "", ""}, {"", "", ""},
	} {
		if got := levelText(c.level, c.name); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.level, c.name, got, c.want)
		}
	}
}

// TestLateSourcesAreNamed: which ones are late is told in any usual width, for
// how long where there is room.
func TestLateSourcesAreNamed(t *testing.T) {
	s := live()
	s.Sources = map[string]feed.Source{
		model.SourceBeds:         {CompleteAt: at(75 * time.Second), IntervalMS: 5000},
		model.SourceAcceptance:   {CompleteAt: at(75 * time.Second), IntervalMS: 60_000},
		model.SourceInstitutions: {CompleteAt: at(72 * time.Hour), IntervalMS: 86_400_000},
		"egen.new":               {IntervalMS: 5000}, model.SourceAnnouncements: {IntervalMS: 5000},
	}
	for width, want := range map[int]string{
		130: "■ 수집 중단 (egen.new 한 번도 없음, 병상 1분 전, 안내 한 번도 없음, 목록 3일 전)",
		80:  "■ 수집 중단 (egen.new, 병상, 안내, 목록)",
	} {
		s.Width = width
		if text := Draw(s); !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
	}
}

func TestLinesTellAnnouncements(t *testing.T) {
	var out strings.Builder
	l := NewLines(&out, "A110001")
	two := with(board(hospitals[0]), values{"A1100010/hospital": values{"name": "동부병원"}})
	told := with(everything(), values{"A1100010/hospital": values{"name": "동부병원"}})
	for _, f := range []Frame{frame(0, two), frame(time.Second, two), frame(2*time.Second, told), frame(3*time.Second, told)} {
		if err := l.Take(f); err != nil {
			t.Fatal(err)
		}
	}
	want := "18:02:11 ● 실시간 [모의]\n" +
		"18:02:11 ○ 미보고 동부병원\n" +
		"18:02:13 ○ 미보고 동부병원, 안내 1건: [산부인과응급] 분만: 분만 가능\n" +
		"18:02:13 ◐ 경과 전문병원: 응급실 5/6✓, 중환자실 –, 12분 전\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
