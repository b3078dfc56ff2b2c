package model

// An AnnouncementReason says in a code why a hospital announces something: what
// people read in the text, programs count and filter by this. A hospital that
// turns a request down gives one of them too, so a refusal can become an
// announcement without another word.
type AnnouncementReason string

// The reasons.
const (
	ReasonNoBeds        AnnouncementReason = "no_beds"
	ReasonNoICU         AnnouncementReason = "no_icu"
	ReasonNoIsolation   AnnouncementReason = "no_isolation"
	ReasonNoSpecialist  AnnouncementReason = "no_specialist"
	ReasonNoOperating   AnnouncementReason = "no_operating_room"
	ReasonNoStaff       AnnouncementReason = "no_staff"
	ReasonEquipmentDown AnnouncementReason = "equipment_down"
	ReasonOvercrowded   AnnouncementReason = "overcrowded"
	ReasonClosed        AnnouncementReason = "er_closed"
	ReasonDisaster      AnnouncementReason = "disaster"
	ReasonPossible      AnnouncementReason = "possible"
	ReasonSomethingElse AnnouncementReason = "other"
)

// A ReasonInfo is what a reason is called.
type ReasonInfo struct {
	Code    AnnouncementReason
	Korean  string
	English string
	// Refuses says that the reason speaks of what the hospital cannot do now.
	Refuses bool
	// Closes says that a hospital which gives the reason for its emergency room
	// as a whole takes nobody there now.
	Closes bool
}

// Reasons are all reasons, in the order in which a person is offered them.
var Reasons = []ReasonInfo{
	{ReasonNoBeds, "병상 없음", "No beds", true, true},
	{ReasonNoICU, "중환자실 없음", "No intensive-care beds", true, false},
	{ReasonNoIsolation, "격리 병상 없음", "No isolation beds", true, false},
	{ReasonNoSpecialist, "전문의 부재", "No specialist", true, false},
	{ReasonNoOperating, "수술실 없음", "No operating room", true, false},
	{ReasonNoStaff, "인력 부족", "Not enough staff", true, false},
	{ReasonEquipmentDown, "장비 고장", "Equipment is down", true, false},
	{ReasonOvercrowded, "응급실 포화", "Emergency room overcrowded", true, true},
	{ReasonClosed, "응급실 폐쇄", "Emergency room closed", true, true},
	{ReasonDisaster, "재난·다수 사상자 대응 중", "Disaster or mass casualties", true, true},
	{ReasonPossible, "수용 가능", "Accepts again, or accepts this", false, false},
	{ReasonSomethingElse, "기타", "Something else; the text says what", true, false},
}

var reasonByCode = func() map[AnnouncementReason]ReasonInfo {
	m := make(map[AnnouncementReason]ReasonInfo, len(Reasons))
	for _, r := range Reasons {
		m[r.Code] = r
	}
	return m
}()

// ReasonByCode finds a reason.
func ReasonByCode(code AnnouncementReason) (ReasonInfo, bool) {
	r, ok := reasonByCode[code]
	return r, ok
}
