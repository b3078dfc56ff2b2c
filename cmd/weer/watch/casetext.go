package watch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"weer/model"
	"weer/model/feed"
)

// legText names what became of a leg, by shape and word. What waits ticks.
func legText(l leg, now time.Time) string {
	switch {
	case l.State == model.Pending && l.NoAnswerAt != 0:
		return "? 무응답 " + clock(since(l.AskedAt, now))
	case l.State == model.Pending:
		return "… 응답 대기 " + clock(since(l.AskedAt, now))
	case l.State == model.Approved:
		return "✓ 수용"
	case l.State == model.Rejected:
		return "✕ 불가"
	case l.State == model.Arrived && l.HandedOverAt != 0:
		return "■ 인계"
	case l.State == model.Arrived:
		return "■ 도착"
	case l.State == model.Expired && l.AnsweredAt != 0:
		return "– 도착 없이 해제"
	case l.State == model.Expired:
		return "– 응답 없이 만료"
	}
	return endText(l.End)
}

func endText(e model.End) string {
	switch e {
	case model.EndSuperseded:
		return "– 다른 병원 수용"
	case model.EndWithdrawn:
		return "! 수용 철회"
	case model.EndUndone:
		return "! 수용 되돌림"
	case model.EndByControl:
		return "– 상황실 취소"
	case model.EndCaseClosed:
		return "– 이송 종료"
	}
	return "– 요청 취소"
}

// since is the time since a moment, never below zero: clocks differ.
func since(moment feed.Time, now time.Time) time.Duration {
	return max(0, now.Sub(moment.Std()))
}

// reasonText is the reason of a no, or of a yes that was taken back.
func reasonText(r model.AnnouncementReason) string {
	if info, ok := model.ReasonByCode(r); ok {
		return info.Korean
	}
	return clean(string(r))
}

// ladderText is how far a request has come to people; a rung that nobody proved
// is left out, and what nobody proved at all is told as that.
func ladderText(l leg) string {
	var rungs []string
	for _, rung := range []struct {
		at   feed.Time
		name string
	}{{l.PushedAt, "전송"}, {l.ShownAt, "표시"}, {l.SoundedAt, "울림"}, {l.OpenedAt, "열람"}} {
		if rung.at != 0 {
			rungs = append(rungs, rung.name)
		}
	}
	return cmp.Or(strings.Join(rungs, "→"), "전송 안 됨")
}

// arrivalText is when the patient will be there.
func arrivalText(l leg, now time.Time) string {
	if l.OverdueAt != 0 {
		return "▲ 도착 지연 " + clock(since(cmp.Or(l.ArriveAt, l.OverdueAt), now))
	}
	switch left := l.ArriveAt.Std().Sub(now); {
	case l.ArriveAt == 0:
		return "도착 예정 모름"
	case left < 0:
		return fmt.Sprintf("도착 예정 %d분 지남", int(-left.Minutes()))
	case left < time.Minute:
		return "곧 도착"
	default:
		return fmt.Sprintf("도착까지 %d분", int(left.Minutes()))
	}
}

// loudText is what the crew has to see and has not said that it saw.
func loudText(l leg) string {
	name := spoken(clean(l.Name))
	switch {
	case l.takenBack() && l.Reason != "":
		return "!! 수용 철회: " + name + " · " + reasonText(l.Reason) + " — 확인 전"
	case l.takenBack():
		return "!! 수용 철회: " + name + " — 확인 전"
	case l.Designated:
		return "!! 지정 병원: " + name + " — 확인 전"
	}
	return "!! 수용: " + name + " — 확인 전"
}

func caseStateText(c patientCase) string {
	switch c.State {
	case model.CaseArrived:
		return "■ 도착"
	case model.CaseCanceled:
		return "– 취소"
	}
	t := totalOfCases([]patientCase{c})
	switch {
	case t.coming > 0:
		return "▶ 이송 중"
	case t.asked > 0:
		return fmt.Sprintf("… 요청 중 %d", t.asked)
	}
	return "○ 병원 미정"
}

func ktasText(ktas int) string {
	if ktas == 0 {
		return "KTAS 미평가"
	}
	return fmt.Sprintf("KTAS %d", ktas)
}

// patientText is who it is: what the patient seems to have, age and sex, as far as
// that is known.
func patientText(v model.CaseValue) string {
	what := kindTexts[v.Kind]
	if d, ok := model.DiseaseByCode(v.Category); ok {
		what = d.Korean
	}
	return spaced(what, strings.TrimSpace(ageTexts[v.AgeBand]+" "+sexTexts[v.Sex]))
}

// spaced is what there is to say, two blanks apart.
func spaced(texts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return t == "" }), "  ")
}

var (
	kindTexts = map[string]string{"disease": "질병", "injury": "질병 외"}
	ageTexts  = map[string]string{"newborn": "신생아", "infant": "영아", "child": "소아", "adolescent": "청소년", "adult": "성인", "elderly": "노인"}
	sexTexts  = map[string]string{"male": "남", "female": "여"}
)

// lastedText is how long a case has gone on, or when it ended.
func lastedText(c patientCase, now time.Time) string {
	if c.OpenedAt == 0 {
		return ""
	}
	if c.ClosedAt != 0 {
		return age(since(c.ClosedAt, now))
	}
	switch d := since(c.OpenedAt, now); {
	case d < time.Minute:
		return "방금 시작"
	case d < time.Hour:
		return fmt.Sprintf("%d분째", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d시간 %d분째", int(d.Hours()), int(d.Minutes())%60)
	}
}

// legDetails is what else is to be known of a leg, the most important first.
func legDetails(l leg, now time.Time) (parts []string) {
	if l.Designated {
		parts = append(parts, "지정 병원")
	}
	switch {
	case l.State == model.Approved:
		parts = append(parts, arrivalText(l, now))
		if l.WorseVersion > l.AckedVersion {
			parts = append(parts, "▲ 악화 미확인")
		}
		if !l.Designated {
			return parts
		}
		return append(parts, ladderText(l))
	case l.State == model.Pending:
		return append(parts, ladderText(l))
	case l.Reason != "":
		parts = append(parts, reasonText(l.Reason))
	}
	return parts
}
