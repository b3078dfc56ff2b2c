package model

import (
	"regexp"
	"slices"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// An Account (계정) is a person who signs in. It begins as a sign-up that an
// administrator decides about.
type Account struct {
	ID           string // UUIDv7
	Login        string // as it is typed to sign in; among the accounts that were ever approved no two have the same
	Name         string
	Email        string
	Phone        string
	Organisation string // 소속
	Certificate  string // 자격증 번호; "" where the role needs none
	Password     string // its hash, in the form of the library that makes it; never the password

	State  AccountState
	Reason string // why it was rejected or blocked; "" otherwise
	Demo   bool   // of a simulated database, with a password that everybody knows

	Wanted Role // by the sign-up
	Rights      // what an administrator granted; of a sign-up, what it wants

	// Version counts the changes of what the account may do: a token of an older
	// version is void, for the reason Cut.
	Version uint64
	Cut     fault.Code

	CreatedAt feed.Time
	DecidedAt feed.Time // the last decision about it; 0: none yet
	DecidedBy string    // [Principal.Actor]
	SeenAt    feed.Time // the last sign-in
	Revision  uint64    // counts all changes: for If-Match
}

// Rights are a role and what it is responsible for.
type Rights struct {
	Role     Role
	Hospital string   // hpid, of RoleHospital
	Regions  []string // 시도 codes: of RoleControl all it looks after, of RoleCrew the one that it drives in
}

// An AccountState says whether an account may sign in.
type AccountState string

// The states of an account.
const (
	AccountPending  AccountState = "pending"  // waits for an administrator
	AccountActive   AccountState = "active"   // may sign in
	AccountRejected AccountState = "rejected" // was never let in
	AccountBlocked  AccountState = "blocked"  // may not sign in any more
)

// Longest texts of an account, in characters.
const (
	MaxLogin       = 40
	MaxPerson      = 60
	MaxEmail       = 254
	MaxPhone       = 30
	MaxCertificate = 60
)

var (
	loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{2,39}$`)
	emailForm = regexp.MustCompile(`^[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}$`)
	phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 -]{6,28}[0-9]$`)
)

// NormalLogin is a login as it is compared: people type capitals.
func NormalLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// check refuses what a sign-up cannot say: every field at once.
func (a Account) check() error {
	var errs []error
	bad := func(wrong bool, field, format string, args ...any) {
		if wrong {
			errs = append(errs, fault.Bad(field, format, args...))
		}
	}
	bad(!loginForm.MatchString(a.Login), "login", "has 3 to %d small letters, digits, dots, dashes and underscores", MaxLogin)
	bad(a.Name == "" || !Printable(a.Name, MaxPerson), "name", "is the person's name, in 1 to %d characters", MaxPerson)
	bad(len(a.Email) > MaxEmail || !Printable(a.Email, MaxEmail) || !emailForm.MatchString(a.Email), "email", "is an address like name@example.kr")
	bad(!phoneForm.MatchString(a.Phone), "phone", "is a telephone number like 010-1234-5678")
	bad(a.Organisation == "" || !Printable(a.Organisation, MaxOrganisation), "organisation", "is where the person works, in 1 to %d characters", MaxOrganisation)
	bad(!Printable(a.Certificate, MaxCertificate), "certificate", "has at most %d characters", MaxCertificate)
	bad(a.Certificate == "" && a.Role == RoleCrew, "certificate", "is the number of the crew member's certificate")
	return fault.All(append(errs, a.Rights.check())...)
}

// check refuses rights that no person can have, or that lack what they are for.
func (r Rights) check() error {
	var errs []error
	switch r.Role {
	case RoleCrew, RoleHospital, RoleControl, RoleAdmin, RoleViewer:
	default: // programs have keys
		errs = append(errs, fault.Bad("role", "a person is crew, hospital, control, viewer or admin"))
	}
	if r.Role == RoleHospital && checkHospitalID(r.Hospital) != nil {
		errs = append(errs, fault.Bad("hospital", "is the hpid of the hospital, as in A1100001"))
	}
	if r.Role != RoleHospital && r.Hospital != "" {
		errs = append(errs, fault.Bad("hospital", "is only for the role hospital"))
	}
	return fault.All(append(errs, r.checkRegions())...)
}

func (r Rights) checkRegions() error {
	switch {
	case slices.ContainsFunc(r.Regions, func(code string) bool { return !isRegion(code) }):
		return fault.Bad("regions", "are 시도 codes; 11 is 서울")
	case r.Role == RoleControl && len(r.Regions) == 0:
		return fault.Bad("regions", "names what the control room looks after")
	case r.Role == RoleCrew && len(r.Regions) != 1:
		return fault.Bad("regions", "names the one region that the crew drives in")
	case len(r.Regions) > len(Regions):
		return fault.Bad("regions", "names each region once")
	}
	return nil
}

// same reports whether nothing that tokens say differs.
func (r Rights) same(other Rights) bool {
	return r.Role == other.Role && r.Hospital == other.Hospital && slices.Equal(r.Regions, other.Regions)
}

// standing is why the account may not do anything, nil when it may.
func (a Account) standing() error {
	switch a.State {
	case AccountActive:
		return nil
	case AccountPending:
		return fault.New(fault.NotApproved, "the account waits for an administrator's approval")
	case AccountRejected:
		// The code says what became of it, so the reason can stand alone: pages show it as it was written.
		return &fault.Error{Code: fault.Rejected, Field: "reason", Message: a.Reason}
	}
	return fault.New(fault.Revoked, "an administrator blocked the account")
}

// A signUpValue is what administrators see of a sign-up while it waits.
type signUpValue struct {
	Login        string    `json:"login"`
	Name         string    `json:"name"`
	Organisation string    `json:"organisation"`
	Role         Role      `json:"role"`
	Hospital     string    `json:"hospital,omitempty"`
	Regions      []string  `json:"regions,omitempty"`
	At           feed.Time `json:"at"`
}

func (a Account) signUpKey() string { return "signup/" + a.ID }

// announce keeps the sign-up on the administrators' feed for as long as it waits.
func (a Account) announce(tx Tx) error {
	if a.State != AccountPending {
		return tx.Remove(string(feed.Admin), a.signUpKey())
	}
	return tx.Put(string(feed.Admin), a.signUpKey(), signUpValue{
		Login: a.Login, Name: a.Name, Organisation: a.Organisation, Role: a.Wanted,
		Hospital: a.Hospital, Regions: a.Regions, At: a.CreatedAt,
	})
}
