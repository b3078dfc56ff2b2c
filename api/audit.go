package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/feed"
)

// An AuditEntry is who did what (접속기록), with the five fields that the law asks
// for and what explains them.
type AuditEntry struct {
	ID        string    `json:"id" maxLength:"40"`
	Actor     string    `json:"actor" maxLength:"200" doc:"식별자: id of the account, key: and an API key's id, token: and the name in a token that was made by hand, or system."`
	At        feed.Time `json:"at" doc:"접속일시."`
	From      string    `json:"from" maxLength:"80" doc:"접속지 정보: the address."`
	Subject   string    `json:"subject" maxLength:"200" doc:"처리한 정보주체 정보: kind and id of the record."`
	Operation string    `json:"operation" maxLength:"80" doc:"수행업무." example:"user.approve"`
	Detail    string    `json:"detail,omitempty" maxLength:"1000" doc:"More of how, without values."`
	Reason    string    `json:"reason,omitempty" maxLength:"500"`
	Request   string    `json:"request,omitempty" maxLength:"60" doc:"Id of the request, as in logs and problems."`
}

func auditEntryOf(e model.Entry) AuditEntry {
	return AuditEntry{e.ID, e.Actor, e.At, e.From, e.Subject, e.Operation, e.Detail, e.Reason, e.Request}
}

// An AuditFilter says which entries are wanted.
type AuditFilter struct {
	Actor     string    `query:"actor" maxLength:"200"`
	Subject   string    `query:"subject" maxLength:"200" example:"user/01a21846-15c6-76b1-80d1-cc775a46546d"`
	Operation string    `query:"operation" maxLength:"80"`
	From      feed.Time `query:"from" doc:"At or after."`
	To        feed.Time `query:"to" doc:"Before."`
}

func (r *rest) audit() {
	const tag = "Audit"
	add(r, operation{
		ID: "list-audit", Method: http.MethodGet, Path: "/audit", Tag: tag, Right: model.ReadAudit,
		Summary: "Who did what (접속기록)", Text: "The oldest first. Entries are sealed by a chain within a second or two; `weer audit verify` walks it.",
	}, r.listAudit)
	add(r, operation{
		ID: "export-audit", Method: http.MethodPost, Path: "/audit/exports", Tag: tag, Right: model.ReadAudit, Command: true, Secret: true,
		Summary: "Take entries away", Text: "For a reason, which is an entry itself: up to 5,000 at once, the next page `after` the last id.",
	}, r.exportAudit)
}

func (r *rest) listAudit(ctx context.Context, in *struct {
	Paging
	AuditFilter
}) (*struct{ Body Page[AuditEntry] }, error) {
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, err := r.server.service.Audit(ctx, model.AuditQuery{
		Actor: in.Actor, Subject: in.Subject, Operation: in.Operation, From: in.From, To: in.To, After: after, Most: in.Limit + 1,
	})
	page := cutPage(in.Paging, found, auditEntryOf, func(e model.Entry) string { return e.ID })
	return &struct{ Body Page[AuditEntry] }{page}, err
}

type exportAuditInput struct {
	Body struct {
		Reason    string    `json:"reason" minLength:"10" maxLength:"500" doc:"Why the entries are taken away (다운로드 사유)."`
		Actor     string    `json:"actor,omitempty" maxLength:"200"`
		Subject   string    `json:"subject,omitempty" maxLength:"200"`
		Operation string    `json:"operation,omitempty" maxLength:"80"`
		From      feed.Time `json:"from,omitempty" doc:"At or after."`
		To        feed.Time `json:"to,omitempty" doc:"Before."`
		After     string    `json:"after,omitempty" maxLength:"40" doc:"id of the last entry of the page before."`
	}
}

type exportAuditOutput struct {
	Body struct {
		Items []AuditEntry `json:"items" maxItems:"5000"`
	}
}

func (r *rest) exportAudit(ctx context.Context, in *exportAuditInput) (*exportAuditOutput, error) {
	b := in.Body
	found, err := r.server.service.ExportAudit(ctx, model.AuditQuery{
		Actor: b.Actor, Subject: b.Subject, Operation: b.Operation, From: b.From, To: b.To, After: b.After,
	}, b.Reason)
	out := &exportAuditOutput{}
	out.Body.Items = make([]AuditEntry, len(found))
	for i, e := range found {
		out.Body.Items[i] = auditEntryOf(e)
	}
	return out, err
}
