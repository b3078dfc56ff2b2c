package api

import (
	"context"
	"fmt"
	"net/http"

	"weer/api/hook"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Hooks is what sends webhooks: [hook.Hooks].
type Hooks interface {
	Create(ctx context.Context, feedName, url string) (w model.Webhook, secret string, r model.Receipt, err error)
	Change(ctx context.Context, c model.HookChange) (model.Webhook, model.Receipt, error)
	Ping(ctx context.Context, id string) (hook.Ping, model.Receipt, error)
}

// A Webhook is a subscription, as the API shows it: without its secret.
type Webhook struct {
	ID          string            `json:"id" maxLength:"36" example:"0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968"`
	Owner       string            `json:"owner" maxLength:"200" example:"key:0197a2b4" doc:"Whose rights it has: an account's id, or key: and an API key's."`
	Feed        string            `json:"feed" maxLength:"60" example:"region:11" doc:"Feed that is posted."`
	URL         string            `json:"url" maxLength:"2000" example:"https://receiver.example/weer" doc:"Target that it is posted to."`
	State       model.HookState   `json:"state" enum:"active,failing,paused,dead" doc:"active: delivered; failing: the last attempt failed, there will be another; paused, dead: nothing is sent until it is resumed (dead: or replayed)."`
	Why         model.HookReason  `json:"why,omitempty" enum:"asked,gone,forbidden,gave_up" doc:"Why it is paused or dead: somebody asked; the target answered 410; its owner may no longer read the feed; it failed for a day."`
	Cursor      *HookCursor       `json:"cursor,omitempty" doc:"How far the target has taken the feed; absent: nothing yet, the whole state comes first."`
	Failures    int               `json:"failures" minimum:"0" doc:"Attempts that failed, in a row."`
	Since       feed.Time         `json:"failing_since" doc:"The first of them."`
	LastStatus  int               `json:"last_status,omitempty" minimum:"100" maximum:"599" doc:"HTTP status of the last attempt; absent when there was none."`
	LastFailure model.HookFailure `json:"last_failure,omitempty" enum:"status,redirect,timeout,forbidden_target,no_address,tls,connection" doc:"How the last attempt failed; absent when it did not."`
	TriedAt     feed.Time         `json:"tried_at" doc:"The last attempt."`
	DeliveredAt feed.Time         `json:"delivered_at" doc:"The last that the target took."`
	DueAt       feed.Time         `json:"due_at" doc:"Nothing is sent before this."`
	CreatedAt   feed.Time         `json:"created_at"`
	Revision    uint64            `json:"revision" minimum:"1" maximum:"9007199254740991" doc:"Counts what people change of it, and is its ETag."`
}

// A HookCursor is a place in a feed's history.
type HookCursor struct {
	Epoch string `json:"epoch" maxLength:"16" example:"8f14e45fceea167a"`
	Seq   uint64 `json:"seq" maximum:"9007199254740991" example:"4711"`
}

func webhookOf(w model.Webhook) Webhook {
	out := Webhook{
		ID: w.ID, Owner: w.Owner, Feed: w.Feed, URL: w.URL, State: w.State, Why: w.Why,
		Failures: w.Failures, Since: w.FailingSince, LastStatus: w.LastStatus, LastFailure: w.LastFailure,
		TriedAt: w.TriedAt, DeliveredAt: w.DeliveredAt, DueAt: w.DueAt, CreatedAt: w.CreatedAt, Revision: w.Revision,
	}
	if w.Place.Epoch != "" {
		out.Cursor = &HookCursor{w.Place.Epoch, w.Place.Seq}
	}
	return out
}

// A DeadLetter says what a target did not take in a day.
type DeadLetter struct {
	ID       string            `json:"id" maxLength:"36"`
	Epoch    string            `json:"epoch" maxLength:"16" doc:"History that the numbers are of."`
	From     uint64            `json:"from" maximum:"9007199254740991" doc:"First event that was owed; 0: the whole state."`
	To       uint64            `json:"to" maximum:"9007199254740991" doc:"Last event that was owed then."`
	Attempts int               `json:"attempts" minimum:"1" doc:"How often it was tried."`
	Status   int               `json:"last_status,omitempty" minimum:"100" maximum:"599" doc:"HTTP status of the last attempt; absent when there was none."`
	Failure  model.HookFailure `json:"last_failure" enum:"status,redirect,timeout,forbidden_target,no_address,tls,connection" doc:"How the last attempt failed."`
	Since    feed.Time         `json:"failing_since" doc:"The first attempt that failed."`
	DiedAt   feed.Time         `json:"died_at" doc:"The last."`
}

func deadLetterOf(d model.DeadLetter) DeadLetter {
	return DeadLetter{
		ID: d.ID, Epoch: d.Epoch, From: d.From, To: d.To, Attempts: d.Attempts,
		Status: d.Status, Failure: d.Failure, Since: d.Since, DiedAt: d.DiedAt,
	}
}

const hooksTag = "Webhooks"

const hooksText = "Posts what happens in a feed to a target, in order and at least once: batches of CloudEvents 1.0 (`weer.feed.event.v1`; `weer.feed.reset.v1` with the whole state, first and whenever events would leave a hole), signed as [Standard Webhooks](https://www.standardwebhooks.com) has it. Only a 2xx counts; failures are tried again for a day, ever more rarely. The target is a public address with https."

func (r *rest) webhooks() {
	op := func(id, method, path, summary string, faults ...fault.Code) operation {
		return operation{
			ID: id, Method: method, Path: "/webhooks" + path, Tag: hooksTag, Summary: summary,
			Right: model.ManageHooks, Command: method != http.MethodGet, Faults: faults,
		}
	}
	create := op("create-webhook", http.MethodPost, "", "Posts a feed to a target", fault.Conflict)
	create.Text, create.Status = hooksText, http.StatusCreated
	add(r, create, r.server.createWebhook)
	add(r, op("list-webhooks", http.MethodGet, "", "The webhooks that the caller may manage"), r.server.listWebhooks)
	add(r, op("get-webhook", http.MethodGet, "/{id}", "One webhook, and how its delivery goes"), r.server.readWebhook)
	add(r, op("change-webhook", http.MethodPatch, "/{id}", "Changes the target, pauses or resumes", fault.PreconditionFailed), r.server.changeWebhook)
	add(r, op("delete-webhook", http.MethodDelete, "/{id}", "Ends a webhook", fault.PreconditionFailed), r.server.deleteWebhook)
	replay := op("replay-webhook", http.MethodPost, "/{id}/replay", "Posts again, from an event or from the whole state", fault.Gone)
	replay.Text = "Never goes forward: a target that was not given an event would hold another state than the feed and could not know."
	add(r, replay, r.server.replayWebhook)
	test := op("test-webhook", http.MethodPost, "/{id}/test", "Posts a test and waits for the target's answer")
	test.Text = "One event `weer.webhook.ping.v1`, whatever the webhook's state, which stays as it is."
	add(r, test, r.server.testWebhook)
	add(r, op("list-dead-letters", http.MethodGet, "/{id}/dead-letters", "What a target did not take in a day, the newest first"), r.server.listDeadLetters)
}

// A HookRef is embedded in the input of every operation on one webhook.
type HookRef struct {
	ID string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"Id of the webhook."`
}

type createWebhookInput struct {
	Body struct {
		Feed string `json:"feed" minLength:"1" maxLength:"60" example:"region:11" doc:"Feed that the caller may read."`
		URL  string `json:"url" minLength:"1" maxLength:"2000" example:"https://receiver.example/weer" doc:"Target. https, on the public network unless a setting allows more; redirects are not followed."`
	}
}

// A NewWebhook is a webhook that was just made.
type NewWebhook struct {
	Webhook
	Secret string `json:"secret" maxLength:"100" example:"whsec_…" doc:"Signs what is posted (HMAC-SHA256). It is told with this command's answer and never again."`
	Moves
}

type createWebhookOutput struct {
	Replay
	ETag string `header:"ETag"`
	Body NewWebhook
}

func (s *Server) createWebhook(ctx context.Context, in *createWebhookInput) (*createWebhookOutput, error) {
	w, secret, receipt, err := s.hooks.Create(ctx, in.Body.Feed, in.Body.URL)
	if err != nil {
		return nil, err
	}
	return &createWebhookOutput{
		Replay: replayOf(receipt), ETag: hookTag(w.Revision),
		Body: NewWebhook{Webhook: webhookOf(w), Secret: secret, Moves: movesFor(ctx, receipt)},
	}, nil
}

// hookTag is the ETag of what people change of a webhook. How its delivery goes
// is not part of it: a delivery must not get in the way of a change.
func hookTag(revision uint64) string { return fmt.Sprintf(`"%d"`, revision) }

type listWebhooksInput struct{ Paging }

type listWebhooksOutput struct{ Body Page[Webhook] }

func (s *Server) listWebhooks(ctx context.Context, in *listWebhooksInput) (*listWebhooksOutput, error) {
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, err := s.service.Webhooks(ctx, after, in.Limit+1)
	page := cutPage(in.Paging, found, webhookOf, func(w model.Webhook) string { return w.ID })
	return &listWebhooksOutput{page}, err
}

type readWebhookOutput struct {
	ETag string `header:"ETag"`
	Body Webhook
}

func (s *Server) readWebhook(ctx context.Context, in *HookRef) (*readWebhookOutput, error) {
	w, err := s.service.Webhook(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &readWebhookOutput{hookTag(w.Revision), webhookOf(w)}, nil
}

type changeWebhookInput struct {
	HookRef
	Precondition
	Body struct {
		URL    *string `json:"url,omitempty" minLength:"1" maxLength:"2000" doc:"New target."`
		Paused *bool   `json:"paused,omitempty" doc:"true: nothing more is sent. false: it is delivered from where it stood, also when it was failing or dead."`
	}
}

// A ChangedWebhook is a webhook after a command.
type ChangedWebhook struct {
	Webhook
	Moves
}

type changeWebhookOutput struct {
	Replay
	ETag string `header:"ETag"`
	Body ChangedWebhook
}

func changed(ctx context.Context, w model.Webhook, r model.Receipt) *changeWebhookOutput {
	return &changeWebhookOutput{
		Replay: replayOf(r), ETag: hookTag(w.Revision), Body: ChangedWebhook{webhookOf(w), movesFor(ctx, r)},
	}
}

// holdsFor refuses what was meant for another revision.
func (p Precondition) holdsFor(revision uint64) error { return p.holds(hookTag(revision)) }

func (s *Server) changeWebhook(ctx context.Context, in *changeWebhookInput) (*changeWebhookOutput, error) {
	w, receipt, err := s.hooks.Change(ctx, model.HookChange{ID: in.ID, Holds: in.holdsFor, URL: in.Body.URL, Paused: in.Body.Paused})
	if err != nil {
		return nil, err
	}
	return changed(ctx, w, receipt), nil
}

type deleteWebhookInput struct {
	HookRef
	Precondition
}

type deleteWebhookOutput struct {
	Replay
	Body struct{ Moves }
}

func (s *Server) deleteWebhook(ctx context.Context, in *deleteWebhookInput) (*deleteWebhookOutput, error) {
	receipt, err := s.service.DropWebhook(ctx, in.ID, in.holdsFor)
	if err != nil {
		return nil, err
	}
	out := &deleteWebhookOutput{Replay: replayOf(receipt)}
	out.Body.Moves = movesFor(ctx, receipt)
	return out, nil
}

type replayWebhookInput struct {
	HookRef
	Body struct {
		Seq *uint64 `json:"seq,omitempty" minimum:"1" maximum:"9007199254740991" doc:"Number of the event that is posted next, at most the one behind the last that the target took. Without it the whole state is posted."`
	}
}

func (s *Server) replayWebhook(ctx context.Context, in *replayWebhookInput) (*changeWebhookOutput, error) {
	w, receipt, err := s.service.ReplayWebhook(ctx, in.ID, in.Body.Seq)
	if err != nil {
		return nil, err
	}
	return changed(ctx, w, receipt), nil
}

// A WebhookTest is what a target answered to a test.
type WebhookTest struct {
	Status  int               `json:"status,omitempty" minimum:"100" maximum:"599" doc:"HTTP status; absent when there was no answer, or the command is replayed."`
	Failure model.HookFailure `json:"failure,omitempty" enum:"status,redirect,timeout,forbidden_target,no_address,tls,connection" doc:"How it failed; absent when the target took it."`
	TookMS  int64             `json:"took_ms" minimum:"0" doc:"Milliseconds until then."`
	Moves
}

type testWebhookOutput struct {
	Replay
	Body WebhookTest
}

func (s *Server) testWebhook(ctx context.Context, in *HookRef) (*testWebhookOutput, error) {
	ping, receipt, err := s.hooks.Ping(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &testWebhookOutput{replayOf(receipt), WebhookTest{
		ping.Status, ping.Failure, ping.Took.Milliseconds(), movesFor(ctx, receipt),
	}}, nil
}

type listDeadLettersInput struct {
	HookRef
	Paging
}

type listDeadLettersOutput struct{ Body Page[DeadLetter] }

func (s *Server) listDeadLetters(ctx context.Context, in *listDeadLettersInput) (*listDeadLettersOutput, error) {
	before, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, err := s.service.DeadLetters(ctx, in.ID, before, in.Limit+1)
	page := cutPage(in.Paging, found, deadLetterOf, func(d model.DeadLetter) string { return d.ID })
	return &listDeadLettersOutput{page}, err
}
