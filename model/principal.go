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

// A Principal is who a token speaks for.
type Principal struct {
	Subject   string
	Role      Role
	Regions   []string // 시도 codes that a control room is responsible for
	ExpiresAt feed.Time
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
	switch {
	case !ok:
		return &fault.Error{Code: fault.UnknownFeed, Field: "feed", Message: "feeds are named like region:11"}
	case kind == feed.Region && slices.Contains(Roles, p.Role):
		return nil
	case kind == feed.Control && p.Role == RoleControl && slices.Contains(p.Regions, id):
		return nil
	case kind == feed.Admin && p.Role == RoleAdmin:
		return nil
	}
	return &fault.Error{Code: fault.Forbidden, Field: "feed", Message: "this account may not read that feed"}
}
