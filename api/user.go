package api

import (
	"context"
	"net/http"
	"strconv"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A User is an account (계정), as administrators see it.
type User struct {
	ID           string             `json:"id" maxLength:"40"`
	Login        string             `json:"login" maxLength:"40"`
	Name         string             `json:"name" maxLength:"60" example:"김구급"`
	Email        string             `json:"email" maxLength:"254"`
	Phone        string             `json:"phone" maxLength:"30"`
	Organisation string             `json:"organisation" maxLength:"100" doc:"소속." example:"강남소방서"`
	Certificate  string             `json:"certificate,omitempty" maxLength:"60" doc:"자격증 번호."`
	State        model.AccountState `json:"state" enum:"pending,active,rejected,blocked"`
	Reason       string             `json:"reason,omitempty" maxLength:"500" doc:"Why it was rejected or blocked."`
	Wanted       model.Role         `json:"wanted" enum:"crew,hospital,control,admin,viewer" doc:"The role that the sign-up wanted."`
	Role         model.Role         `json:"role" enum:"crew,hospital,control,admin,viewer"`
	Hospital     string             `json:"hospital,omitempty" maxLength:"8" doc:"hpid, of the role hospital."`
	Regions      []string           `json:"regions" maxItems:"16" doc:"시도 codes, of the roles control and crew."`
	Demo         bool               `json:"demo,omitempty" doc:"Of a simulated database, with a public password."`
	CreatedAt    feed.Time          `json:"created_at"`
	DecidedAt    feed.Time          `json:"decided_at"`
	DecidedBy    string             `json:"decided_by,omitempty" maxLength:"200"`
	SeenAt       feed.Time          `json:"seen_at" doc:"The last sign-in."`
	Revision     uint64             `json:"revision" doc:"Counts changes; the ETag."`
}

func userOf(a model.Account) User {
	return User{
		ID: a.ID, Login: a.Login, Name: a.Name, Email: a.Email, Phone: a.Phone, Organisation: a.Organisation, Certificate: a.Certificate,
		State: a.State, Reason: a.Reason, Wanted: a.Wanted, Role: a.Role, Hospital: a.Hospital, Regions: append([]string{}, a.Regions...),
		Demo: a.Demo, CreatedAt: a.CreatedAt, DecidedAt: a.DecidedAt, DecidedBy: a.DecidedBy, SeenAt: a.SeenAt, Revision: a.Revision,
	}
}

// A Granted is a role and what it is responsible for.
type Granted struct {
	Role     model.Role `json:"role" enum:"crew,hospital,control,admin,viewer"`
	Hospital string     `json:"hospital,omitempty" maxLength:"8" doc:"hpid, of the role hospital." example:"A1100017"`
	Regions  []string   `json:"regions,omitempty" maxItems:"16" doc:"시도 codes: of control all it looks after, of crew the one it drives in."`
}

func (g Granted) rights() model.Rights {
	return model.Rights{Role: g.Role, Hospital: g.Hospital, Regions: g.Regions}
}

type signUpInput struct {
	Body struct {
		Login        string `json:"login" maxLength:"40" doc:"3 to 40 small letters, digits, dots, dashes and underscores." example:"kim.gugup"`
		Password     string `json:"password" maxLength:"200" doc:"At least ten characters, and not easy to guess."`
		Name         string `json:"name" maxLength:"60" example:"김구급"`
		Email        string `json:"email" maxLength:"254" example:"kim@example.kr"`
		Phone        string `json:"phone" maxLength:"30" example:"010-1234-5678"`
		Organisation string `json:"organisation" maxLength:"100" doc:"소속." example:"강남소방서"`
		Certificate  string `json:"certificate,omitempty" maxLength:"60" doc:"자격증 번호; a crew member has one."`
		Granted
	}
}

type signUpOutput struct {
	Body struct {
		State string `json:"state" enum:"pending" doc:"An administrator decides; the answer is the same whether the login was free or not."`
	}
}

type userOutput struct {
	Replay
	ETag string `header:"ETag"`
	Body struct {
		User
		Moves
	}
}

type readUserOutput struct {
	ETag string `header:"ETag"`
	Body User
}

// A UserPath is the path of an account.
type UserPath struct {
	ID string `path:"id" format:"uuid" maxLength:"40" doc:"Of the account."`
}

type listUsersInput struct {
	Paging
	State model.AccountState `query:"state" enum:"pending,active,rejected,blocked"`
	Role  model.Role         `query:"role" enum:"crew,hospital,control,admin,viewer"`
	Text  string             `query:"q" maxLength:"60" doc:"Part of a login, a name or an organisation."`
	Sort  string             `query:"sort" enum:"created_at,-created_at" default:"created_at" doc:"By the moment of the sign-up; with - the newest first."`
}

func (r *rest) users() {
	const tag = "Users"
	manage := func(id, method, path, summary, text string, faults ...fault.Code) operation {
		return operation{ID: id, Method: method, Path: path, Tag: tag, Right: model.ManageUsers, Command: method != http.MethodGet,
			Summary: summary, Text: text, Faults: faults}
	}
	add(r, operation{
		ID: "sign-up", Method: http.MethodPost, Path: "/users", Tag: tag, Right: public, Command: true, Secret: true, Status: http.StatusAccepted,
		Summary: "Ask for an account", Text: "It waits for an administrator. Nobody signs up as admin.",
	}, r.signUp)
	add(r, manage("list-users", http.MethodGet, "/users", "Accounts", ""), r.listUsers)
	add(r, manage("get-user", http.MethodGet, "/users/{id}", "An account", ""), r.getUser)
	add(r, manage("change-user", http.MethodPatch, "/users/{id}", "Change an account",
		"What is left out stays. With another role, hospital or region its tokens are void and its sockets are closed (`rights_changed`).",
		fault.PreconditionFailed, fault.Conflict), r.changeUser)
	add(r, manage("approve-user", http.MethodPost, "/users/{id}/approve", "Let a sign-up in",
		"With the rights in the body, or those that it wanted.", fault.PreconditionFailed, fault.Conflict), r.approveUser)
	add(r, manage("reject-user", http.MethodPost, "/users/{id}/reject", "Turn a sign-up away", "", fault.PreconditionFailed, fault.Conflict), r.rejectUser)
	add(r, manage("block-user", http.MethodPost, "/users/{id}/block", "Take an account's access back",
		"At once and on all nodes: its sessions end, its sockets are closed (`revoked`).", fault.PreconditionFailed, fault.Conflict), r.blockUser)
	add(r, manage("unblock-user", http.MethodPost, "/users/{id}/unblock", "Let a blocked account sign in again", "", fault.PreconditionFailed, fault.Conflict), r.unblockUser)
}

func (r *rest) signUp(ctx context.Context, in *signUpInput) (*signUpOutput, error) {
	b := in.Body
	_, err := r.server.desk.SignUp(ctx, model.Account{
		Login: b.Login, Name: b.Name, Email: b.Email, Phone: b.Phone, Organisation: b.Organisation, Certificate: b.Certificate, Rights: b.rights(),
	}, b.Password)
	out := &signUpOutput{}
	out.Body.State = string(model.AccountPending)
	return out, err
}

func (r *rest) listUsers(ctx context.Context, in *listUsersInput) (*struct{ Body Page[User] }, error) {
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, err := r.server.service.Accounts(ctx, model.AccountQuery{
		State: in.State, Role: in.Role, Text: in.Text, After: after, Newer: in.Sort == "-created_at", Most: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	page := cutPage(in.Paging, found, userOf, func(a model.Account) string { return a.ID })
	return &struct{ Body Page[User] }{page}, nil
}

func (r *rest) getUser(ctx context.Context, in *struct {
	UserPath
	Conditions
}) (*readUserOutput, error) {
	a, err := r.server.service.Account(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	tag := revisionTag(a.Revision)
	if err := in.unchanged(tag); err != nil {
		return nil, err
	}
	return &readUserOutput{tag, userOf(a)}, nil
}

type changeUserInput struct {
	UserPath
	Precondition
	Body struct {
		Login        *string  `json:"login,omitempty" maxLength:"40"`
		Name         *string  `json:"name,omitempty" maxLength:"60"`
		Email        *string  `json:"email,omitempty" maxLength:"254"`
		Phone        *string  `json:"phone,omitempty" maxLength:"30"`
		Organisation *string  `json:"organisation,omitempty" maxLength:"100"`
		Certificate  *string  `json:"certificate,omitempty" maxLength:"60"`
		Rights       *Granted `json:"rights,omitempty" doc:"Another role, whole."`
	}
}

func (r *rest) changeUser(ctx context.Context, in *changeUserInput) (*userOutput, error) {
	b := in.Body
	c := model.AccountChange{Login: b.Login, Name: b.Name, Email: b.Email, Phone: b.Phone, Organisation: b.Organisation, Certificate: b.Certificate}
	if b.Rights != nil {
		rights := b.Rights.rights()
		c.Rights = &rights
	}
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return r.decided(ctx, in.ID)(r.server.service.ChangeAccount(ctx, in.ID, revision, c))
}

type approveInput struct {
	UserPath
	Precondition
	Body struct {
		Rights *Granted `json:"rights,omitempty" doc:"What is granted; left out, what the sign-up wanted."`
	}
}

func (r *rest) approveUser(ctx context.Context, in *approveInput) (*userOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	a, err := r.server.service.Account(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	granted := a.Rights
	if in.Body.Rights != nil {
		granted = in.Body.Rights.rights()
	}
	return r.decided(ctx, in.ID)(r.server.service.Approve(ctx, in.ID, revision, granted))
}

type reasonInput struct {
	UserPath
	Precondition
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why; the person is told."`
	}
}

func (r *rest) rejectUser(ctx context.Context, in *reasonInput) (*userOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return r.decided(ctx, in.ID)(r.server.service.Reject(ctx, in.ID, revision, in.Body.Reason))
}

func (r *rest) blockUser(ctx context.Context, in *reasonInput) (*userOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return r.decided(ctx, in.ID)(r.server.service.Block(ctx, in.ID, revision, in.Body.Reason))
}

func (r *rest) unblockUser(ctx context.Context, in *struct {
	UserPath
	Precondition
}) (*userOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return r.decided(ctx, in.ID)(r.server.service.Unblock(ctx, in.ID, revision))
}

// decided answers a decision about an account with the account; a decision that
// is replayed with what the account is now.
func (r *rest) decided(ctx context.Context, id string) func(model.Account, model.Receipt, error) (*userOutput, error) {
	return func(a model.Account, receipt model.Receipt, err error) (*userOutput, error) {
		if err == nil && receipt.Replayed {
			a, err = r.server.service.Account(ctx, id)
		}
		if err != nil {
			return nil, err
		}
		out := &userOutput{Replay: replayOf(receipt), ETag: revisionTag(a.Revision)}
		out.Body.User, out.Body.Moves = userOf(a), movesFor(ctx, receipt)
		return out, nil
	}
}

// revisionTag is the ETag of a record that counts its changes.
func revisionTag(revision uint64) string { return `"` + strconv.FormatUint(revision, 10) + `"` }

// A SeenVersion is embedded in the input of a command that nobody gives unseen.
type SeenVersion struct {
	IfMatch string `header:"If-Match" required:"true" maxLength:"1024" doc:"The ETag of what was read, else 412; * is whatever there is."`
}

func (s SeenVersion) revision() (uint64, error) { return Precondition(s).revision() }

// revision is the revision that If-Match names; 0, which is any, without the
// header or with *. Several tags name no one revision.
func (p Precondition) revision() (uint64, error) {
	if p.IfMatch == "" || p.IfMatch == "*" {
		return 0, nil
	}
	text, err := strconv.Unquote(p.IfMatch)
	if err == nil && text != "" && p.IfMatch[0] == '"' {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil && n > 0 {
			return n, nil
		}
	}
	return 0, &fault.Error{Code: fault.PreconditionFailed, Field: "If-Match", Message: "no revision of the record has this tag: send the ETag that it was read with"}
}
