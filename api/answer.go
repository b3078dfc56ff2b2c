package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A FeedPlace says from where in a feed the values of an answer are: whoever
// holds the feed at or beyond it knows everything that the answer says.
type FeedPlace struct {
	Feed  string `json:"feed" maxLength:"60" example:"region:11" doc:"Name of the feed."`
	Epoch string `json:"epoch" pattern:"^[0-9a-f]{16}$" maxLength:"16" example:"8f14e45fceea167a" doc:"History of the database that seq counts in."`
	Seq   uint64 `json:"seq" maximum:"9007199254740991" example:"4711" doc:"Number of the feed's newest event at the moment of the values."`
}

// A FeedMove is what a command did to a feed.
type FeedMove struct {
	FeedPlace
	Keys []FeedKey `json:"keys" maxItems:"1000" doc:"The keys that it set or removed; they lie over the state of the feed until its cursor reaches seq."`
}

// A FeedKey is a versioned key of a feed.
type FeedKey struct {
	Key   string `json:"key" maxLength:"128" example:"A1100001/er"`
	Seq   uint64 `json:"seq" maximum:"9007199254740991" doc:"Number of the event that last set or removed it."`
	Gone  bool   `json:"gone,omitempty" doc:"It was removed, and has no value."`
	Value any    `json:"value,omitempty" doc:"Its whole value, as on the socket."`
}

// Places stands in the body of every read of what feeds carry.
type Places struct {
	Feeds []FeedPlace `json:"feeds" maxItems:"64" doc:"From where in each feed the values are, of the feeds that the caller may read."`
}

// placesFor names the places of a read that its caller may read.
func placesFor(ctx context.Context, at []feed.Cursor) Places {
	by, out := caller(ctx), Places{Feeds: []FeedPlace{}}
	for _, c := range at {
		if by.MayRead(c.Feed) == nil {
			out.Feeds = append(out.Feeds, FeedPlace(c))
		}
	}
	return out
}

// Moves stands in the body of every command's answer.
type Moves struct {
	Feeds []FeedMove `json:"feeds" maxItems:"64" doc:"What the command came to in each feed that the caller may read; none when it is replayed."`
}

// catchUp is how long a command's answer waits for this node's copies to reach
// what it says.
const catchUp = 200 * time.Millisecond

// movesFor names what a command came to, as far as its caller may read it. It
// waits a moment for this node's boards, so that who asks for one next finds
// there what the command did.
func movesFor(ctx context.Context, r model.Receipt) Moves {
	by, out := caller(ctx), Moves{Feeds: []FeedMove{}}
	for _, a := range r.Feeds {
		if by.MayRead(a.Feed) != nil {
			continue
		}
		move := FeedMove{FeedPlace: FeedPlace{a.Feed, a.Epoch, a.Seq}, Keys: feedKeys(a.Keys)}
		out.Feeds = append(out.Feeds, move)
	}
	reach(ctx, r)
	return out
}

func reach(ctx context.Context, r model.Receipt) {
	s := serverOf(ctx)
	if s == nil || s.boards == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	for _, a := range r.Feeds {
		if !feed.Private(a.Feed) {
			s.boards.Reach(ctx, a.Feed, a.Seq)
		}
	}
}

func feedKeys(entries []feed.Entry) []FeedKey {
	keys := make([]FeedKey, len(entries))
	for i, e := range entries {
		keys[i] = FeedKey{Key: e.Key, Seq: e.Seq, Gone: e.Gone}
		if len(e.Value) > 0 {
			keys[i].Value = e.Value
		}
	}
	return keys
}

// Replay is embedded in a command's output: its header says that the command
// was carried out before.
type Replay struct {
	Replayed string `header:"Idempotency-Replayed" enum:"true" doc:"true when the command was carried out before under this key, and this is what it came to then."`
}

func replayOf(r model.Receipt) Replay {
	if r.Replayed {
		return Replay{"true"}
	}
	return Replay{}
}

// A Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items" maxItems:"200"`
	Next  string `json:"next,omitempty" maxLength:"1024" doc:"Cursor of the page behind this one; absent on the last."`
}

// Paging is embedded in the input of a list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items a page has at most."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next of the page before this one; nothing else is one."`
}

// place reads the cursor into v, a pointer to what nextCursor was given, and
// reports whether there was one. A cursor is not secret: what it says is checked
// against the same rights as everything else.
func (p Paging) place(v any) (ok bool, err error) {
	if p.Cursor == "" {
		return false, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.DisallowUnknownFields()
		err = dec.Decode(v)
	}
	if err != nil {
		return false, fault.Bad("cursor", "is next of the page before, and nothing else")
	}
	return true, nil
}

// idForm is the form of the ids that lists go by. Any other text never reaches
// SQL, where an id is ASCII and MySQL fails to compare it with what is not.
var idForm = regexp.MustCompile(`^[0-9A-Za-z._-]{1,40}$`)

// afterID reads the cursor of a list that goes by id; "" for its beginning.
func (p Paging) afterID() (string, error) {
	var at model.Made
	if more, err := p.place(&at); err != nil || !more {
		return "", err
	}
	if !idForm.MatchString(at.ID) {
		return "", fault.Bad("cursor", "is next of the page before, and nothing else")
	}
	return at.ID, nil
}

// cutPage makes a page of what the store found in the order of ids, after that
// of afterID: one more than the page has, when there is another behind it.
func cutPage[M, T any](p Paging, found []M, become func(M) T, id func(M) string) Page[T] {
	page := Page[T]{Items: make([]T, 0, len(found))}
	for i, m := range found {
		if i == p.Limit {
			page.Next = nextCursor(model.Made{ID: id(found[i-1])})
			break
		}
		page.Items = append(page.Items, become(m))
	}
	return page
}

// nextCursor makes the cursor of the next page of what orders the list: the
// sort, and the values of the last item that it goes by.
func nextCursor(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // of a struct of numbers and texts: a mistake in the program
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// pageOf cuts a list that is held whole, already sorted and filtered: after
// names the last item of the page before.
func pageOf[T any](p Paging, list []T, name func(T) string) (Page[T], error) {
	var after struct {
		Name string `json:"n"`
	}
	more, err := p.place(&after)
	if err != nil {
		return Page[T]{}, err
	}
	if more {
		i := slices.IndexFunc(list, func(v T) bool { return name(v) == after.Name })
		if i < 0 {
			return Page[T]{}, fault.Bad("cursor", "names an item that is not in the list any more: begin again")
		}
		list = list[i+1:]
	}
	page := Page[T]{Items: list}
	if len(list) > p.Limit {
		page.Items = list[:p.Limit]
		after.Name = name(page.Items[p.Limit-1])
		page.Next = nextCursor(after)
	}
	page.Items = append([]T{}, page.Items...) // [] and never null
	return page, nil
}

// Conditions is embedded in the input of what has an ETag.
type Conditions struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1024" doc:"ETags that the client holds: 304 when one of them still is the state's."`
}

// unchanged is the error of a 304 when the client holds the tag already, nil
// when it has to be sent.
func (c Conditions) unchanged(tag string) error {
	if matches(c.IfNoneMatch, tag, true) {
		return &notModified{tag}
	}
	return nil
}

// Precondition is embedded in the input of a command that changes what has an
// ETag.
type Precondition struct {
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"ETags of which one has to be the state's, else 412."`
}

// holds refuses a command that was meant for another version than the tag's.
// Without the header it holds.
func (p Precondition) holds(tag string) error {
	if p.IfMatch == "" || matches(p.IfMatch, tag, false) {
		return nil
	}
	return &fault.Error{Code: fault.PreconditionFailed, Field: fiber.HeaderIfMatch, Message: "the record changed since: read it again"}
}

// matches looks for a tag in a list of them, as RFC 9110 compares: a weak tag
// counts where only the reader's copy is at stake.
func matches(list, tag string, weak bool) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if weak {
			one = strings.TrimPrefix(one, "W/")
		}
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}

// notModified is the answer to a client that holds the state already.
type notModified struct{ tag string }

func (*notModified) Error() string { return "not modified" }
