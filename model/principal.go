package model

import (
	"slices"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// A Role is what an account may do.
type Role string

// The roles.
const (
	RoleCrew        Role = "crew"        // 구급대원
	RoleHospital    Role = "hospital"    // 응급실
	RoleControl     Role = "control"     // 광역응급의료상황실
	RoleAdmin       Role = "admin"       // 관리자
	RoleIntegration Role = "integration" // 연계 시스템
	RoleViewer      Role = "viewer"      // 열람
)

// Roles are all roles, in the order above.
var Roles = []Role{RoleCrew, RoleHospital, RoleControl, RoleAdmin, RoleIntegration, RoleViewer}

// A Principal is who a token or an API key speaks for.
type Principal struct {
	Subject  string   // the account's id; of a token that was made by hand, the name in it
	Role     Role     // what it may do: see [Principal.May]
	Regions  []string // 시도 codes that a control room is responsible for
	Hospital string   // hpid: whose staff it is, or whose system an API key is
	Unit     string   // id of the unit (구급차) that a crew is signed on to; "" when to none
	Scopes   []Right  // of an API key: the only rights it has; of an account none

	Session string // id of the session that the token is of; "" for API keys and tokens made by hand
	Key     string // id of the API key; "" for tokens
	// Version and SessionVersion are those of the account and the session when
	// the token was made: what is older than a revocation is void.
	Version        uint64
	SessionVersion uint64

	ExpiresAt feed.Time
}

// keyActor begins the name of an API key as an actor.
const keyActor = "key:"

// Actor names the principal in the audit and wherever a person is named: an
// account's id, key: and an API key's id, or token: and the name in a token that
// was made by hand.
func (p Principal) Actor() string {
	switch {
	case p.Key != "":
		return keyActor + p.Key
	case p.Session == "":
		return "token:" + p.Subject
	}
	return p.Subject
}

// MayRead decides whether the principal may follow a feed. The error is
// UnknownFeed for a name that no feed can have and Forbidden otherwise; it
// never tells whether a private feed exists.
func (p Principal) MayRead(name string) error {
	kind, ok := feed.KindOf(name)
	_, id, _ := strings.Cut(name, ":")
	if (kind == feed.Region || kind == feed.Control) && !isRegion(id) {
		ok = false
	}
	if !ok {
		return &fault.Error{Code: fault.UnknownFeed, Field: "feed", Message: "feeds are named like region:11"}
	}
	var err error
	switch kind {
	case feed.Region:
		err = p.May(ReadBoard, Record{Region: id})
	case feed.Hospital:
		err = p.May(ReadHospitalFeed, Record{Hospital: id})
	case feed.Unit:
		err = p.May(ReadUnitFeed, Record{Unit: id})
	case feed.Control:
		err = p.May(ReadControlFeed, Record{Region: id})
	case feed.Admin:
		err = p.May(ReadAdminFeed, Record{})
	default: // system: nodes only
		err = forbidden()
	}
	if err != nil {
		return &fault.Error{Code: fault.Forbidden, Field: "feed", Message: "this account may not read that feed"}
	}
	return nil
}

// within is what a list of a principal's own records is limited to: one of the
// three, by what its role is responsible for; the others are nil.
func (p Principal) within() (units, regions, hospitals []string) {
	switch p.Role {
	case RoleCrew:
		return []string{p.Unit}, nil, nil
	case RoleControl:
		return nil, append([]string{}, p.Regions...), nil
	}
	return nil, nil, []string{p.Hospital}
}

// has reports whether an API key's scopes hold a right; an account's do not
// limit it.
func (p Principal) has(r Right) bool { return p.Key == "" || slices.Contains(p.Scopes, r) }
