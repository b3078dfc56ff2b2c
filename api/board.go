package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Boards are this node's copies of the regions' feeds. They answer from memory.
type Boards interface {
	// Standing tells where a region's copy stands.
	Standing(region string) BoardStanding
	// Whole is the copy's live keys, by name, and where it stands with them; ok
	// is false while there is no state that can be told.
	Whole(region string) (at BoardStanding, keys []feed.Entry, ok bool)
	// Reach waits until the copy of a region's feed is at seq, or ctx ends.
	Reach(ctx context.Context, name string, seq uint64)
}

// A BoardStanding is where a copy stands.
type BoardStanding struct {
	Epoch      string
	Seq        uint64
	Digest     feed.Digest
	Unproved   bool      // its keys do not have its digest, and nobody knows why
	VerifiedAt feed.Time // the database's clock when the copy was last known to be level with it; 0: never
	Now        feed.Time // the database's clock
}

// lost is why a board is not told; nil when it is. What is older than a screen
// calls offline is worse than no answer: another node may do better.
func (b BoardStanding) lost() error {
	switch {
	case b.VerifiedAt == 0:
		return fault.New(fault.Unavailable, "this node has not read the board from its database yet")
	case b.Now-b.VerifiedAt >= feed.Time(feed.DefaultTimings.OfflineMS):
		return fault.New(fault.Unavailable, "this node does not reach its database; its board was last true at %s", b.VerifiedAt.Std().Format(time.RFC3339))
	}
	return nil
}

// state says how far a board may be believed, as a screen's link state does.
func (b BoardStanding) state() string {
	switch {
	case b.Unproved:
		return "unproved"
	case b.Now-b.VerifiedAt >= feed.Time(feed.DefaultTimings.LiveMS):
		return "unverified"
	}
	return "live"
}

// A Board is a region's whole state: hospitals, beds, ICU, equipment,
// acceptance, announcements, load.
type Board struct {
	FeedPlace
	Region string    `json:"region" pattern:"^[0-9]{2}$" maxLength:"2" example:"11"`
	Digest string    `json:"digest" pattern:"^[0-9a-f]{16}$" maxLength:"16"`
	Mode   string    `json:"mode" enum:"simulated,real"`
	Keys   []FeedKey `json:"keys" maxItems:"100000" doc:"All live keys, by name."`
	Places
}

// A board in memory: its bytes are made once for each head, each encoding when
// the first client asks for it, and are the same for everybody.
type boardBytes struct {
	epoch      string
	seq        uint64
	plain      []byte
	gzip, brot func() []byte
}

type boards struct {
	copies Boards
	mode   string
	held   map[string]*heldBoard // by region; never written after New
}

type heldBoard struct {
	making sync.Mutex
	bytes  atomic.Pointer[boardBytes]
}

func newBoards(copies Boards, mode string) *boards {
	b := &boards{copies: copies, mode: mode, held: map[string]*heldBoard{}}
	for _, r := range model.Regions {
		b.held[r.Code] = new(heldBoard)
	}
	return b
}

func (r *rest) board() {
	b := newBoards(r.server.boards, r.server.mode)
	addLean(r, operation{
		ID: "get-region-board", Method: http.MethodGet, Path: "/regions/{region}/board", Tag: "Regions", Right: model.ReadBoard,
		Summary: "A region's whole state, from memory",
		Text: "The state of region:{region} as this node holds it, ready to be sent: ask with If-None-Match as often as you like." +
			" Go on from (epoch, seq) on the socket. Verified-At says when it was last known to be the database's, Feed-State how far to believe it;" +
			" a node that has not reached its database for 12 seconds answers 503.",
	}, b.document, b.serve)
}

const (
	verifiedHeader = "Verified-At"
	stateHeader    = "Feed-State"
)

func (b *boards) document(h *huma.Operation, registry huma.Registry) {
	h.Parameters = []*huma.Param{
		{Name: "region", In: "path", Required: true, Example: "11", Description: "시도 code (행정표준코드).",
			Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9]{2}$", MaxLength: ptr(2)}},
		{Name: "If-None-Match", In: "header", Description: "ETags that the client holds: 304 when one of them still is the board's.",
			Schema: &huma.Schema{Type: huma.TypeString, MaxLength: ptr(1024)}},
	}
	text := func(doc string, max int, enum ...any) *huma.Param {
		return &huma.Param{Description: doc, Schema: &huma.Schema{Type: huma.TypeString, MaxLength: ptr(max), Enum: enum}}
	}
	headers := map[string]*huma.Param{
		"ETag":         text("Names epoch and seq of the board, and the encoding; absent while it is unproved.", 100),
		verifiedHeader: text("RFC 3339: the database's clock when this copy was last level with it.", 35),
		stateHeader:    text("live; unverified: not asked of the database for 5 seconds; unproved: its digest is wrong.", 10, "live", "unverified", "unproved"),
	}
	h.Responses["200"] = &huma.Response{Description: "The board", Headers: headers, Content: map[string]*huma.MediaType{
		jsonType: {Schema: registry.Schema(reflect.TypeFor[Board](), true, "Board")},
	}}
	h.Responses["304"] = &huma.Response{Description: "The client holds it already", Headers: headers}
}

// serve answers without touching the board when the client has it.
func (b *boards) serve(c *fiber.Ctx) error {
	region := c.Params("region")
	held := b.held[region]
	if held == nil {
		return fault.New(fault.NotFound, "there is no such region; list-regions has all")
	}
	at := b.copies.Standing(region)
	if err := at.lost(); err != nil {
		return err
	}
	b.headers(c, at)
	if list := c.Get(fiber.HeaderIfNoneMatch); list != "" && !at.Unproved && boardMatches(list, at) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	bytes, err := b.bytes(region, held, at)
	if err != nil {
		return err
	}
	return bytes.send(c, at.Unproved)
}

func (b *boards) headers(c *fiber.Ctx, at BoardStanding) {
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	c.Set(verifiedHeader, at.VerifiedAt.Std().Format("2006-01-02T15:04:05.000Z"))
	c.Set(stateHeader, at.state())
	if !at.Unproved {
		c.Set(fiber.HeaderETag, boardTag(at.Epoch, at.Seq, ""))
	}
}

// boardTag is strong, so each encoding has its own.
func boardTag(epoch string, seq uint64, encoding string) string {
	tag := `"` + epoch + "-" + strconv.FormatUint(seq, 10)
	if encoding != "" {
		tag += "-" + encoding
	}
	return tag + `"`
}

func boardMatches(list string, at BoardStanding) bool {
	for _, encoding := range []string{"", "gzip", "br"} {
		if matches(list, boardTag(at.Epoch, at.Seq, encoding), true) {
			return true
		}
	}
	return false
}

// bytes returns the board at its present head, made by the first who asks.
func (b *boards) bytes(region string, held *heldBoard, at BoardStanding) (*boardBytes, error) {
	if made := held.bytes.Load(); made != nil && made.epoch == at.Epoch && made.seq == at.Seq && !at.Unproved {
		return made, nil
	}
	held.making.Lock()
	defer held.making.Unlock()
	at, keys, ok := b.copies.Whole(region)
	if !ok {
		return nil, fault.New(fault.Unavailable, "this node reads the board from its database again; try again")
	}
	if made := held.bytes.Load(); made != nil && made.epoch == at.Epoch && made.seq == at.Seq && !at.Unproved {
		return made, nil
	}
	made, err := b.encode(region, at, keys)
	if err == nil && !at.Unproved {
		held.bytes.Store(made)
	}
	return made, err
}

func (b *boards) encode(region string, at BoardStanding, keys []feed.Entry) (*boardBytes, error) {
	place := FeedPlace{feed.RegionFeed(region), at.Epoch, at.Seq}
	plain, err := json.Marshal(Board{
		FeedPlace: place, Region: region, Digest: at.Digest.String(), Mode: b.mode, Keys: feedKeys(keys), Places: Places{[]FeedPlace{place}},
	})
	if err != nil {
		return nil, err
	}
	return &boardBytes{
		epoch: at.Epoch, seq: at.Seq, plain: plain,
		gzip: sync.OnceValue(func() []byte { return gzipped(plain) }),
		brot: sync.OnceValue(func() []byte { return brotlied(plain) }),
	}, nil
}

// The levels are those where a board of the capital is packed in a few
// milliseconds: it is packed again with each event that somebody asks for.
const brotliLevel = 4

func gzipped(plain []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(plain) // memory takes everything
	_ = w.Close()
	return out.Bytes()
}

func brotlied(plain []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotliLevel)
	_, _ = w.Write(plain)
	_ = w.Close()
	return out.Bytes()
}

func (b *boardBytes) send(c *fiber.Ctx, unproved bool) error {
	body, encoding := b.plain, ""
	if accept := c.Get(fiber.HeaderAcceptEncoding); accept != "" {
		switch c.AcceptsEncodings("br", "gzip", "identity") {
		case "br":
			body, encoding = b.brot(), "br"
		case "gzip":
			body, encoding = b.gzip(), "gzip"
		}
	}
	if encoding != "" {
		c.Set(fiber.HeaderContentEncoding, encoding)
	}
	if !unproved {
		c.Set(fiber.HeaderETag, boardTag(b.epoch, b.seq, encoding))
	}
	c.Set(fiber.HeaderContentType, jsonType)
	c.Response().SetBodyRaw(body) // it is never changed, so it need not be copied
	return nil
}
