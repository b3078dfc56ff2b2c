package api

import (
	"context"
	"encoding/json"
	"net/http"

	"weer/model"
	"weer/model/feed"
)

// A Key is an API key of a program, without its secret.
type Key struct {
	ID        string        `json:"id" maxLength:"40"`
	Name      string        `json:"name" maxLength:"100" example:"가람대학교병원 HIS"`
	Scopes    []model.Right `json:"scopes" maxItems:"20" doc:"The rights that it has."`
	Hospital  string        `json:"hospital,omitempty" maxLength:"8" doc:"hpid of the hospital whose system it is."`
	CreatedBy string        `json:"created_by" maxLength:"200"`
	CreatedAt feed.Time     `json:"created_at"`
	ExpiresAt feed.Time     `json:"expires_at"`
	RevokedAt feed.Time     `json:"revoked_at" doc:"null while it stands."`
	UsedAt    feed.Time     `json:"used_at" doc:"The last use, within a minute; null: never."`
}

func keyOf(k model.APIKey) Key {
	return Key{k.ID, k.Name, k.Scopes, k.Hospital, k.CreatedBy, k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.UsedAt}
}

type createKeyInput struct {
	Body struct {
		Name      string        `json:"name" minLength:"1" maxLength:"100" doc:"What it is for."`
		Scopes    []model.Right `json:"scopes" minItems:"1" maxItems:"20" enum:"board.read,hospital_feed.read,capacity.write,observation.push,hook.manage,run.read,reservation.read,reservation.answer,reservation.arrive,console.hold"`
		Hospital  string        `json:"hospital,omitempty" maxLength:"8" doc:"hpid of the hospital whose system it is." example:"A1100017"`
		ExpiresAt feed.Time     `json:"expires_at" doc:"Between an hour and two years ahead."`
	}
}

type createKeyOutput struct {
	Replay
	Body struct {
		Key
		Secret string `json:"key,omitempty" maxLength:"200" doc:"The key as it is sent, Authorization: Bearer. Nobody sees it again; a repeated command does not show it."`
	}
}

type keyPath struct {
	ID string `path:"id" format:"uuid" maxLength:"40" doc:"Of the API key."`
}

func (r *rest) keys() {
	const tag = "API keys"
	add(r, operation{
		ID: "create-key", Method: http.MethodPost, Path: "/keys", Tag: tag, Right: model.ManageKeys, Command: true, Status: http.StatusCreated,
		Summary: "Make an API key", Text: "The answer has the key itself, once.",
	}, r.createKey)
	add(r, operation{ID: "list-keys", Method: http.MethodGet, Path: "/keys", Tag: tag, Right: model.ManageKeys, Summary: "API keys"}, r.listKeys)
	add(r, operation{ID: "get-key", Method: http.MethodGet, Path: "/keys/{id}", Tag: tag, Right: model.ManageKeys, Summary: "An API key"}, r.getKey)
	add(r, operation{
		ID: "revoke-key", Method: http.MethodDelete, Path: "/keys/{id}", Tag: tag, Right: model.ManageKeys, Command: true,
		Summary: "Revoke an API key", Text: "At once and on all nodes; its sockets are closed. It stays in the list.",
	}, r.revokeKey)
}

func (r *rest) createKey(ctx context.Context, in *createKeyInput) (*createKeyOutput, error) {
	b := in.Body
	text, k, receipt, err := r.server.desk.CreateKey(ctx, model.APIKey{Name: b.Name, Scopes: b.Scopes, Hospital: b.Hospital, ExpiresAt: b.ExpiresAt})
	if err == nil && receipt.Replayed {
		text = ""
		k, err = r.keyOfReceipt(ctx, receipt)
	}
	if err != nil {
		return nil, err
	}
	out := &createKeyOutput{Replay: replayOf(receipt)}
	out.Body.Key, out.Body.Secret = keyOf(k), text
	return out, nil
}

func (r *rest) keyOfReceipt(ctx context.Context, receipt model.Receipt) (model.APIKey, error) {
	id, err := madeBy(receipt)
	if err != nil {
		return model.APIKey{}, err
	}
	return r.server.service.APIKey(ctx, id)
}

// madeBy is the id of what a command made, also when it is replayed.
func madeBy(receipt model.Receipt) (string, error) {
	var made model.Made
	err := json.Unmarshal(receipt.Result, &made)
	return made.ID, err
}

func (r *rest) listKeys(ctx context.Context, in *struct{ Paging }) (*struct{ Body Page[Key] }, error) {
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, err := r.server.service.APIKeys(ctx, after, in.Limit+1)
	page := cutPage(in.Paging, found, keyOf, func(k model.APIKey) string { return k.ID })
	return &struct{ Body Page[Key] }{page}, err
}

func (r *rest) getKey(ctx context.Context, in *keyPath) (*struct{ Body Key }, error) {
	k, err := r.server.service.APIKey(ctx, in.ID)
	return &struct{ Body Key }{keyOf(k)}, err
}

func (r *rest) revokeKey(ctx context.Context, in *keyPath) (*Replay, error) {
	receipt, err := r.server.service.RevokeAPIKey(ctx, in.ID)
	replay := replayOf(receipt)
	return &replay, err
}
