package crews

import (
	"time"

	"weer/model"
)

// What people are like, as data. The numbers are our own: of the order of what is
// published about ambulances in Korea, and chosen so that everything that can
// happen does.

// urgencies are how grave patients are (KTAS); 0 was not assessed.
var urgencies = []choice[int]{{1, 3}, {2, 14}, {3, 44}, {4, 28}, {5, 8}, {0, 3}}

// ages of those who call an ambulance.
var ages = []choice[string]{{"elderly", 46}, {"adult", 42}, {"adolescent", 4}, {"child", 4}, {"infant", 3}, {"newborn", 1}}

var (
	grown    = []choice[string]{{"elderly", 60}, {"adult", 40}}
	little   = []choice[string]{{"infant", 70}, {"child", 30}}
	newborns = []choice[string]{{"newborn", 1}}
	adults   = []choice[string]{{"adult", 1}}
)

// A complaint is what a patient has: a severe disease, or none of them.
type complaint struct {
	category string // code of the disease; "" none
	kind     string
	text     string
	ages     []choice[string]
	sex      string // "" either
}

// severe are what grave patients have, common what the others do.
var (
	severe = []choice[complaint]{
		{complaint{"severe.mi_reperfusion", "disease", "흉통, 식은땀", grown, ""}, 18},
		{complaint{"severe.stroke_reperfusion", "disease", "편측 마비, 구음장애", grown, ""}, 20},
		{complaint{"severe.ich_surgery", "disease", "두통 후 의식저하", grown, ""}, 10},
		{complaint{"severe.sah_surgery", "disease", "벼락 두통, 구토", grown, ""}, 5},
		{complaint{"severe.aorta_thoracic", "disease", "찢어지는 등 통증", grown, ""}, 4},
		{complaint{"severe.gi_endoscopy", "disease", "토혈", grown, ""}, 8},
		{complaint{"severe.abdominal_surgery", "disease", "복부 강직", grown, ""}, 6},
		{complaint{"severe.burn", "injury", "화염 화상 30 %", adults, ""}, 3},
		{complaint{"severe.replantation_digit", "injury", "손가락 절단", adults, ""}, 3},
		{complaint{"severe.delivery", "disease", "진통, 양막 파수", adults, "female"}, 3},
		{complaint{"severe.intussusception_infant", "disease", "보채며 복통, 혈변", little, ""}, 2},
		{complaint{"severe.low_birth_weight", "disease", "미숙아 호흡부전", newborns, ""}, 1},
		{complaint{"", "disease", "심정지, CPR 중", ages, ""}, 8},
		{complaint{"", "injury", "교통사고 다발성 외상", ages, ""}, 9},
	}
	common = []choice[complaint]{
		{complaint{"", "disease", "복통", ages, ""}, 20},
		{complaint{"", "disease", "발열, 기침", ages, ""}, 18},
		{complaint{"", "disease", "어지럼", grown, ""}, 16},
		{complaint{"", "disease", "호흡곤란", ages, ""}, 10},
		{complaint{"", "injury", "낙상, 고관절 통증", grown, ""}, 12},
		{complaint{"", "injury", "두피 열상", ages, ""}, 10},
		{complaint{"severe.gallbladder", "disease", "우상복부 통증, 발열", grown, ""}, 5},
		{complaint{"severe.dialysis_hd", "disease", "투석 환자 부종", grown, ""}, 4},
		{complaint{"severe.psychiatric_admission", "disease", "자해 위험", adults, ""}, 3},
		{complaint{"severe.eye_surgery", "injury", "안구 손상", adults, ""}, 2},
	}
)

// Times and habits of a crew.
const (
	askLeast, askMost = 20 * time.Second, 90 * time.Second // from the case to the first request
	patience          = 90 * time.Second                   // for an answer, until the next ones are asked
	askAtOnce         = 3                                  // hospitals of one round
	mostRounds        = 4                                  // of requests, before the crew takes the patient elsewhere
	sendWithin        = 60 * time.Second                   // a request that comes later is worth nothing
	seeLeast, seeMost = 2 * time.Second, 12 * time.Second  // until the crew confirms what became of a request

	givesUp   = 0.06 // of cases end before there is a yes: the patient stays, or walks
	getsWorse = 0.15 // of patients on the way
	isLate    = 0.20 // of drives, and the crew says so
	slack     = 2 * time.Minute

	online, offline = 12 * time.Minute, 40 * time.Second // about so long a socket holds, and a dead zone
)

// Where a person may answer, there should be something to answer.
const (
	isWatched = 0.7 // of patients lie near such a hospital, where there is one
	nearby    = 0.3 // so much nearer than others to theirs
)

// Times and habits of a console.
const (
	hasSound  = 0.85 // of requests are heard, the others are only seen
	isSilent  = 0.12 // of requests nobody answers
	insists   = 0.03 // of requests are taken though no bed is free
	announces = 0.10 // of refusals become an announcement
	undoes    = 0.03 // of approvals are taken back at once
	withdraws = 0.06 // of approvals are taken back later, with a reason

	answerLeast, answerMost     = 6 * time.Second, 60 * time.Second
	undoLeast, undoMost         = 2 * time.Second, 6 * time.Second // the server's own time for it is not ours to stretch
	withdrawLeast, withdrawMost = 40 * time.Second, 5 * time.Minute
	handOverLeast, handOverMost = 3 * time.Minute, 12 * time.Minute

	announcedFor   = 40 * time.Minute
	leastAnnounced = time.Minute // so that somebody can read it at any speed
)

// willing is how often a hospital says yes by what is left for the next patient,
// and declined how often it does so although it declares that it does not take
// the disease.
var willing = []struct {
	free  int // so much is left, or more
	often float64
}{{6, 0.85}, {3, 0.7}, {1, 0.5}}

const (
	unknown  = 0.55
	declined = 0.10
)

// refusals are the reasons of a no; full ones, where no bed is left.
var (
	refusals = []choice[model.AnnouncementReason]{
		{model.ReasonNoSpecialist, 40}, {model.ReasonNoICU, 20}, {model.ReasonNoStaff, 14},
		{model.ReasonNoOperating, 8}, {model.ReasonEquipmentDown, 6}, {model.ReasonOvercrowded, 12},
	}
	full = []choice[model.AnnouncementReason]{{model.ReasonNoBeds, 70}, {model.ReasonOvercrowded, 30}}
)

// Times and habits of a control room.
const (
	controlDecides            = 0.35                               // of the gravest patients
	controlLeast, controlMost = 20 * time.Second, 50 * time.Second // until it does
	controlPatience           = 80 * time.Second                   // of the crew, until it asks by itself
	releaseAfter              = 20 * time.Minute                   // an overdue bed is given up
)
