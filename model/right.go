package model

import (
	"slices"

	"weer/model/fault"
)

// A Right is one thing that may be done. Every operation of the API asks for
// exactly one, and a right that is not in the table is nobody's.
type Right string

// The rights.
const (
	ReadBoard        Right = "board.read"         // hospitals, beds, equipment, acceptance, announcements; region feeds
	ReadHospitalFeed Right = "hospital_feed.read" // requests addressed to a hospital
	ReadUnitFeed     Right = "unit_feed.read"     // a unit's cases
	ReadControlFeed  Right = "control_feed.read"  // a region's open cases
	ReadAdminFeed    Right = "admin_feed.read"    // sign-ups, runs, alerts

	WriteCapacity    Right = "capacity.write"    // corrections, declarations and announcements of a hospital
	PushObservations Right = "observation.push"  // a hospital's own system reports
	OverrideHospital Right = "hospital.override" // against the national list

	ReadCases  Right = "case.read"  // patient conditions, audited
	WriteCases Right = "case.write" // patient conditions

	ReadReservations  Right = "reservation.read"      // with the patient's condition, audited
	AskHospitals      Right = "reservation.ask"       // and take it back
	AnswerRequests    Right = "reservation.answer"    // yes, no, and a yes taken back
	ReportArrival     Right = "reservation.arrive"    // the patient is there, was handed over
	HoldConsole       Right = "console.hold"          // prove that somebody at a hospital would notice a request
	DesignateHospital Right = "reservation.designate" // a yes over the hospital's head; end what is overdue

	ReadUnits  Right = "unit.read"
	WriteUnits Right = "unit.write"
	SignOn     Right = "unit.sign_on" // to a unit, at the start of a shift

	UseSession  Right = "session.use" // one's own account and sessions
	ManageUsers Right = "user.manage" // approve, block, change roles
	ManageKeys  Right = "key.manage"  // API keys
	ManageHooks Right = "hook.manage" // webhooks
	ReadRuns    Right = "run.read"    // ingest runs
	ReadAudit   Right = "audit.read"  // and export, with a reason
)

// A Record is what a right is asked for: whose it is. What is empty belongs to
// nobody.
type Record struct {
	Hospital string // hpid
	Region   string // 시도 code
	Unit     string
	Account  string // id
}

// A reach is how far a right goes.
type reach int8

const (
	nothing reach = iota
	own           // records of the own hospital, regions, unit or account
	all
)

// rights is who may do what; everything else is forbidden.
var rights = map[Right]map[Role]reach{
	ReadBoard: {RoleCrew: all, RoleHospital: all, RoleControl: all, RoleAdmin: all, RoleIntegration: all, RoleViewer: all},

	ReadHospitalFeed: {RoleHospital: own, RoleControl: own, RoleIntegration: own},
	ReadUnitFeed:     {RoleCrew: own},
	ReadControlFeed:  {RoleControl: own},
	ReadAdminFeed:    {RoleAdmin: all},

	WriteCapacity:    {RoleHospital: own, RoleControl: own, RoleAdmin: all, RoleIntegration: own},
	PushObservations: {RoleHospital: own, RoleIntegration: own},
	OverrideHospital: {RoleAdmin: all},

	ReadCases:  {RoleCrew: own, RoleControl: own},
	WriteCases: {RoleCrew: own, RoleControl: own},

	ReadReservations:  {RoleCrew: own, RoleHospital: own, RoleControl: own, RoleIntegration: own},
	AskHospitals:      {RoleCrew: own, RoleControl: own},
	AnswerRequests:    {RoleHospital: own, RoleIntegration: own},
	ReportArrival:     {RoleCrew: own, RoleHospital: own, RoleControl: own, RoleIntegration: own},
	HoldConsole:       {RoleHospital: own, RoleIntegration: own},
	DesignateHospital: {RoleControl: own},

	ReadUnits:  {RoleCrew: all, RoleHospital: all, RoleControl: all, RoleAdmin: all},
	WriteUnits: {RoleControl: own, RoleAdmin: all},
	SignOn:     {RoleCrew: all},

	UseSession:  {RoleCrew: own, RoleHospital: own, RoleControl: own, RoleAdmin: own, RoleViewer: own},
	ManageUsers: {RoleAdmin: all},
	ManageKeys:  {RoleAdmin: all},
	ManageHooks: {RoleAdmin: all, RoleIntegration: own},
	ReadRuns:    {RoleControl: all, RoleAdmin: all, RoleIntegration: all},
	ReadAudit:   {RoleAdmin: all},
}

// Known reports whether the right is in the table.
func (r Right) Known() bool { return rights[r] != nil }

// May decides whether the principal has a right to a record. The error is
// Forbidden and says nothing of the record: not even whether there is one.
func (p Principal) May(r Right, of Record) error {
	switch reach := rights[r][p.Role]; {
	case reach == nothing, !p.has(r):
		return forbidden()
	case reach == all, p.owns(of):
		return nil
	}
	return forbidden()
}

// MaySome reports whether there are records to which the principal has a right:
// what is asked before a list, which then holds the own records only.
func (p Principal) MaySome(r Right) bool { return rights[r][p.Role] != nothing && p.has(r) }

// MayAll reports whether the principal has a right to every record.
func (p Principal) MayAll(r Right) bool { return rights[r][p.Role] == all && p.has(r) }

// owns reports whether a record is the principal's own: by what its role is
// responsible for. A hospital that lies in a control room's region is its own.
func (p Principal) owns(of Record) bool {
	switch {
	case of.Account != "" && of.Account == p.Subject && (p.Session != "" || p.Key != ""):
		return true
	case p.Role == RoleControl && slices.Contains(p.Regions, of.regionOf()):
		return true
	case (p.Role == RoleHospital || p.Role == RoleIntegration) && of.Hospital != "" && of.Hospital == p.Hospital:
		return true
	case p.Role == RoleCrew && of.Unit != "" && of.Unit == p.Unit:
		return true
	}
	return false
}

func (of Record) regionOf() string {
	if of.Region == "" && of.Hospital != "" {
		of.Region, _ = RegionOfHospital(of.Hospital)
	}
	return of.Region
}

func forbidden() error { return fault.New(fault.Forbidden, "this account may not do that") }
