package api

import (
	"context"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A Yes is a hospital's.
type Yes struct {
	CaseVersion uint64 `json:"case_version" minimum:"1" doc:"The version of the case that was looked at; 412 names what has changed since."`
	Item        string `json:"item,omitempty" maxLength:"60" example:"er.isolation" doc:"Another kind of bed than the one asked for."`
	Override    string `json:"override,omitempty" maxLength:"200" doc:"Why, although no bed is known to be free."`
}

// A No is a hospital's.
type No struct {
	Reason       model.AnnouncementReason `json:"reason" maxLength:"40" example:"no_icu" doc:"One that refuses; see /reasons."`
	Announcement *NoAnnouncement          `json:"announcement,omitempty" doc:"Lets everybody know, until its end."`
}

// A NoAnnouncement makes an announcement of a refusal's reason.
type NoAnnouncement struct {
	Disease string    `json:"disease,omitempty" maxLength:"60" doc:"Of a severe disease: which. Left out: the emergency room."`
	Text    string    `json:"text,omitempty" maxLength:"1000" doc:"Left out: the reason's name."`
	EndsAt  feed.Time `json:"ends_at"`
}

func (n *NoAnnouncement) announce() *model.AnnounceCommand {
	if n == nil {
		return nil
	}
	kind := model.AnnouncementER
	if n.Disease != "" {
		kind = model.AnnouncementSevere
	}
	return &model.AnnounceCommand{ID: uuid.Must(uuid.NewV7()).String(), Kind: kind, Disease: n.Disease, Text: n.Text, EndsAt: n.EndsAt}
}

// A Withdrawal takes a yes back.
type Withdrawal struct {
	Reason model.AnnouncementReason `json:"reason,omitempty" maxLength:"40" example:"no_beds" doc:"Required, but for the first seconds after the yes (되돌리기)."`
}

// An Acknowledgement says what the hospital has seen.
type Acknowledgement struct {
	CaseVersion uint64 `json:"case_version" minimum:"1"`
}

// answering are the operations of a hospital.
func (r *rest) answering() {
	s := r.server.service
	on(r, "approve-reservation", "approve", model.AnswerRequests, "Say yes (수용)",
		"Holds a bed, and ends what other hospitals were asked. 409: another was faster, it is no question any more, or no bed is known to be free (field override). 412: the patient's condition has changed since the version that was looked at; errors name what.",
		[]fault.Code{fault.PreconditionFailed},
		func(ctx context.Context, id string, in Yes) (model.Receipt, error) {
			return s.ApproveRequest(ctx, model.ApproveCommand{ID: id, Seen: in.CaseVersion, Item: in.Item, Override: in.Override})
		})
	on(r, "reject-reservation", "reject", model.AnswerRequests, "Say no (수용 불가)", "With a coded reason, which can become an announcement at once.", nil,
		func(ctx context.Context, id string, in No) (model.Receipt, error) {
			return s.RejectRequest(ctx, model.RejectCommand{ID: id, Reason: in.Reason, Announce: in.Announcement.announce()})
		})
	on(r, "withdraw-reservation", "withdraw", model.AnswerRequests, "Take a yes back", "The crew's screen shows it until it is confirmed there.", nil,
		func(ctx context.Context, id string, in Withdrawal) (model.Receipt, error) {
			return s.WithdrawApproval(ctx, id, in.Reason)
		})
	on(r, "acknowledge-reservation", "acknowledge", model.AnswerRequests, "Say that a patient's change was seen", "", nil,
		func(ctx context.Context, id string, in Acknowledgement) (model.Receipt, error) {
			return s.AcknowledgeCase(ctx, id, in.CaseVersion)
		})
}
