package watch

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"

	"weer/model"
	"weer/model/feed"
)

// kst is the time of the hospitals, whatever the terminal's zone.
var kst = time.FixedZone("KST", 9*60*60)

// age says how long ago, in steps of ten seconds below a minute, so that no
// digits tick.
func age(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "방금"
	case d < time.Minute:
		return fmt.Sprintf("%d초 전", int(d.Seconds())/10*10)
	case d < time.Hour:
		return fmt.Sprintf("%d분 전", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d시간 전", int(d.Hours()))
	}
	return fmt.Sprintf("%d일 전", int(d.Hours())/24)
}

// confirmed marks a number that a person at the hospital said (병원 확인).
const confirmed = "✓"

func (r row) observedText(now time.Time, t feed.Timings) string {
	if !r.reported {
		return "–"
	}
	return observedText(r.observed, now, t)
}

func observedText(observed feed.Time, now time.Time, t feed.Timings) string {
	if observed == 0 {
		return "시각 불명"
	}
	d := now.Sub(observed.Std())
	if d.Milliseconds() < -t.FutureSkewMS {
		return "시각 이상" // the source's clock is ahead of ours by too much
	}
	return age(d)
}

// countText shows a reading of a row with that data state.
func countText(r model.Reading, state feed.Freshness) string {
	if state == feed.Withdrawn {
		return "✕"
	}
	var s string
	switch {
	case r.State == model.NotReported:
		return "–"
	case r.State == model.NotOffered:
		return "없음"
	case r.State != model.Known:
		s = "?"
	case r.Value < 0:
		s = "포화 +" + strconv.Itoa(-r.Value)
	default:
		s = strconv.Itoa(r.Value)
	}
	if r.HasTotal {
		s += "/" + strconv.Itoa(r.Total)
	}
	return s
}

// stateText names what a row is worth. A hospital of whose beds nobody says
// anything has no data that could be old.
func (r row) stateText() string {
	if !r.reported {
		return "○ 미보고"
	}
	return stateText(r.state)
}

// levelText is a hospital's level in two syllables. Of one that is not known it
// is the beginning of what the list calls it.
func levelText(l model.Level, name string) string {
	switch l {
	case model.LevelRegional:
		return "권역"
	case model.LevelLocal:
		return "센터"
	case model.LevelLocalUnit:
		return "기관"
	case model.LevelReported:
		return "신고"
	}
	syllables := []rune(oneLine(name))
	return string(syllables[:min(2, len(syllables))])
}

func noticeCountText(n int) string { return strconv.Itoa(n) + "건" }

// stateText names a data state, by shape and word.
func stateText(s feed.Freshness) string {
	switch s {
	case feed.Fresh:
		return "● 최신"
	case feed.Ageing:
		return "◐ 경과"
	case feed.Stale:
		return "▲ 오래됨"
	}
	return "✕ 무효"
}

// linkText names a link state; since is the time since the last proof.
func linkText(l feed.Link, why string, since time.Duration) string {
	switch l {
	case feed.Live:
		return "● 실시간"
	case feed.Delayed:
		return fmt.Sprintf("▲ 지연 %d초 (%s)", int(since.Seconds()), whyText(why))
	case feed.Offline:
		return "✕ 끊김 " + clock(since)
	case feed.Syncing:
		return "◌ 동기화 중"
	}
	return "◌ 연결 중"
}

func whyText(why string) string {
	switch why {
	case feed.WhySilent:
		return "응답 없음"
	case feed.WhyClosed:
		return "접속 끊김"
	case feed.WhyUnverified:
		return "원본 미확인"
	case feed.WhyUnproved:
		return "내용 불일치"
	}
	return why
}

// clock writes a duration as m:ss or h:mm:ss.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// lateText names the sources that are late, and how late.
func lateText(late []string, sources map[string]feed.Source, now time.Time) string {
	parts := make([]string, len(late))
	for i, name := range late {
		last := "한 번도 없음"
		if at := sources[name].CompleteAt; at != 0 {
			last = age(now.Sub(at.Std()))
		}
		parts[i] = sourceText(name) + " " + last
	}
	return notCollected(parts)
}

// lateNames is lateText where there is no room for it.
func lateNames(late []string) string {
	parts := make([]string, len(late))
	for i, name := range late {
		parts[i] = sourceText(name)
	}
	return notCollected(parts)
}

func notCollected(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return "■ 수집 중단 (" + strings.Join(parts, ", ") + ")"
}

// sourceText calls a source by what it brings.
func sourceText(name string) string {
	switch name {
	case model.SourceBeds:
		return "병상"
	case model.SourceAcceptance:
		return "중증"
	case model.SourceAnnouncements:
		return "안내"
	case model.SourceInstitutions:
		return "목록"
	}
	return clean(name)
}

func modeText(mode string) string {
	if mode == model.Simulated {
		return "모의"
	}
	return ""
}

var university = regexp.MustCompile(`대학교(?:의과대학)?(?:부속|부설)?`)

// spoken is a hospital's name as a narrow column holds it: without whoever owns
// it, and 대 for 대학교. It is a label, not an identity.
func spoken(name string) string {
	s := university.ReplaceAllString(model.ShortName(name), "대 ")
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "대 병원", "대병원")), " ")
}

// clean keeps what a server says from steering the terminal: no control
// characters, and none that turn the writing around or cannot be seen.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// oneLine is clean free text, its words one blank apart.
func oneLine(s string) string { return clean(strings.Join(strings.Fields(s), " ")) }

// widths measures text. Terminals disagree about the shapes ●◐▲■◌: one cell in
// most, two where RUNEWIDTH_EASTASIAN=1 says so.
func widths(eastAsian bool) *runewidth.Condition {
	return &runewidth.Condition{EastAsianWidth: eastAsian, StrictEmojiNeutral: true}
}
