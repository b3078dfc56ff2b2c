package model

import (
	"fmt"
	"strings"
)

// wording is a fact in Korean and in English: %d is its count, %s what it is
// about. Short enough for a card that is read in a glance.
type wording struct{ korean, english string }

var factWords = map[FactCode]wording{
	FactClosed:     {"%s", "%s"},
	FactDoorNo:     {"응급실 수용 불가", "Emergency room takes nobody"},
	FactDoorNotice: {"응급실 안내 확인", "Read its notice"},

	FactAccepted:      {"%s 가능", "%s: accepted"},
	FactAcceptedNoted: {"%s 조건부 가능", "%s: with limits"},
	FactLimited:       {"%s 제한 확인", "%s: read notice"},
	FactNotDeclared:   {"%s 미보고", "%s: not reported"},
	FactRefused:       {"%s 불가", "%s: refused"},

	FactMinutes:   {"도착 %d분", "%d min"},
	FactNoMinutes: {"도착 시간 모름", "Minutes unknown"},

	FactBeds:        {"병상 %d", "%d free"},
	FactContended:   {"병상 %d · 모두 요청 중", "%d free, all asked for"},
	FactFull:        {"포화", "Full"},
	FactOver:        {"포화 +%d", "Over by %d"},
	FactNotOffered:  {"해당 병상 없음", "Has no such beds"},
	FactNotReported: {"병상 미보고", "Beds not reported"},
	FactBedsUnknown: {"병상 모름", "Beds unknown"},
	FactBedsUndated: {"병상 시각 불명", "Beds of no known time"},
	FactBedsTooOld:  {"병상 정보 만료", "Beds too long ago"},

	FactRegionalCentre: {"권역센터", "Regional centre"},
	FactLocalCentre:    {"지역센터", "Local centre"},
	FactNoCentre:       {"센터 아님", "No emergency centre"},
	FactLevelUnknown:   {"등급 모름", "Level unknown"},

	FactConsoleAudible: {"알림 들림", "Alarm is heard"},
	FactConsoleVisible: {"알림 보임 · 소리 없음", "Alarm is seen, silent"},
	FactConsoleOpen:    {"알림 못 볼 수 있음", "Alarm may be missed"},
	FactConsoleNone:    {"전화로 요청", "Call by telephone"},
}

// thingWords are for a yes-or-no item, which is no bed.
var thingWords = map[FactCode]wording{
	FactBeds:        {"사용 가능", "Usable"},
	FactContended:   {"요청 중", "Usable, asked for"},
	FactFull:        {"사용 불가", "Not usable"},
	FactOver:        {"사용 불가", "Not usable"},
	FactNotOffered:  {"미보유", "Has none"},
	FactNotReported: {"미보고", "Not reported"},
	FactBedsUnknown: {"사용 여부 모름", "Unknown"},
	FactBedsUndated: {"시각 불명", "Of no known time"},
	FactBedsTooOld:  {"정보 만료", "Too long ago"},
}

// diseaseWords are diseases as a crew says them.
var diseaseWords = map[string]wording{
	"severe.mi_reperfusion":         {"심근경색", "MI"},
	"severe.stroke_reperfusion":     {"뇌경색", "Stroke"},
	"severe.sah_surgery":            {"거미막하출혈", "SAH"},
	"severe.ich_surgery":            {"뇌출혈", "Brain haemorrhage"},
	"severe.aorta_thoracic":         {"흉부대동맥", "Thoracic aorta"},
	"severe.aorta_abdominal":        {"복부대동맥", "Abdominal aorta"},
	"severe.gallbladder":            {"담낭질환", "Gallbladder"},
	"severe.biliary":                {"담도질환", "Bile duct"},
	"severe.abdominal_surgery":      {"복부수술", "Abdominal surgery"},
	"severe.intussusception_infant": {"영유아 장중첩", "Infant bowel"},
	"severe.gi_endoscopy":           {"위장관내시경", "GI endoscopy"},
	"severe.gi_endoscopy_infant":    {"영유아 위장관내시경", "Infant GI endoscopy"},
	"severe.bronchoscopy":           {"기관지내시경", "Bronchoscopy"},
	"severe.bronchoscopy_infant":    {"영유아 기관지내시경", "Infant bronchoscopy"},
	"severe.low_birth_weight":       {"저체중출생아", "Low birth weight"},
	"severe.delivery":               {"분만", "Delivery"},
	"severe.obstetric_surgery":      {"산과수술", "Obstetric surgery"},
	"severe.gynecologic_surgery":    {"부인과수술", "Gynaecology"},
	"severe.burn":                   {"중증화상", "Burns"},
	"severe.replantation_digit":     {"수족지접합", "Digit replantation"},
	"severe.replantation_limb":      {"사지접합", "Limb replantation"},
	"severe.dialysis_hd":            {"혈액투석", "Dialysis"},
	"severe.dialysis_crrt":          {"지속투석", "CRRT"},
	"severe.psychiatric_admission":  {"정신과 입원", "Psychiatric ward"},
	"severe.eye_surgery":            {"안과수술", "Eye surgery"},
	"severe.intervention":           {"혈관중재", "Angiography"},
	"severe.intervention_infant":    {"영유아 혈관중재", "Infant angiography"},
	"severe.emergency_room":         {"응급실", "Emergency room"},
}

// Korean is the fact in words, at most 31 characters (R27 of the screens' rules).
func (f Fact) Korean() string {
	if f.Part() == PartAge {
		return ageWords(f.Count, "방금", "%d초 전", "%d분 전")
	}
	return f.fill(f.words().korean, f.subject().korean)
}

// English is the same.
func (f Fact) English() string {
	if f.Part() == PartAge {
		return ageWords(f.Count, "just now", "%d s ago", "%d min ago")
	}
	return f.fill(f.words().english, f.subject().english)
}

func (f Fact) words() wording {
	if words, ok := thingWords[f.Code]; ok && itemByCode[f.About].YesNo {
		return words
	}
	return factWords[f.Code]
}

// subject is what the fact is about, in words.
func (f Fact) subject() wording {
	switch f.Part() {
	case PartDoor:
		reason := reasonByCode[AnnouncementReason(f.About)]
		return wording{reason.Korean, reason.English}
	case PartAcceptance:
		return diseaseWords[f.About]
	}
	return wording{}
}

func (f Fact) fill(text, subject string) string {
	switch {
	case strings.Contains(text, "%s"):
		return fmt.Sprintf(text, subject)
	case strings.Contains(text, "%d"):
		return fmt.Sprintf(text, f.Count)
	}
	return text
}

// ageWords tells an age in steps of ten seconds below a minute, so that no digits
// tick (R16).
func ageWords(age int, now, seconds, minutes string) string {
	switch {
	case age < 10:
		return now
	case age < 60:
		return fmt.Sprintf(seconds, age/10*10)
	}
	return fmt.Sprintf(minutes, age/60)
}
