package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

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
func (b BoardStanding) state() []byte {
	switch {
	case b.Unproved:
		return unproved
	case b.Now-b.VerifiedAt >= feed.Time(feed.DefaultTimings.LiveMS):
		return unverified
	}
	return live
}

var live, unverified, unproved = []byte("live"), []byte("unverified"), []byte("unproved")

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
	unproved   bool
	tags       [3][]byte // by encoding, in the order of packings
	plain      []byte
	gzip, brot func() []byte
}

type boards struct {
	copies Boards
	mode   string
	held   map[string]*heldBoard // by region; never written after New

	accepts accepts
	vary    []byte
}

type heldBoard struct {
	making sync.Mutex
	bytes  atomic.Pointer[boardBytes]
	names  atomic.Pointer[boardNames]
}

// boardNames are the headers of a board where it stands, made once for each
// standing.
type boardNames struct {
	epoch      string
	seq        uint64
	verifiedAt feed.Time
	tags       [3][]byte // by encoding, in the order of packings
	verified   []byte
}

func (h *heldBoard) namesAt(at BoardStanding) *boardNames {
	if n := h.names.Load(); n != nil && n.epoch == at.Epoch && n.seq == at.Seq && n.verifiedAt == at.VerifiedAt {
		return n
	}
	n := &boardNames{epoch: at.Epoch, seq: at.Seq, verifiedAt: at.VerifiedAt, tags: boardTags(at)}
	n.verified = at.VerifiedAt.Std().AppendFormat(nil, "2006-01-02T15:04:05.000Z")
	h.names.Store(n)
	return n
}

func newBoards(s *Server) *boards {
	b := &boards{copies: s.boards, mode: s.mode, held: map[string]*heldBoard{}, accepts: s.accepts, vary: []byte(fiber.HeaderAcceptEncoding)}
	if s.crossOrigin {
		b.vary = []byte(fiber.HeaderOrigin + ", " + fiber.HeaderAcceptEncoding)
	}
	for _, r := range model.Regions {
		b.held[r.Code] = new(heldBoard)
	}
	return b
}

func (r *rest) board() {
	b := newBoards(r.server)
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
	names := held.namesAt(at)
	if list := c.Request().Header.Peek(fiber.HeaderIfNoneMatch); len(list) > 0 && !at.Unproved && names.among(string(list)) {
		names.set(c, at, b.vary)
		c.Status(fiber.StatusNotModified)
		return nil
	}
	bytes, err := b.bytes(region, held, at)
	if err != nil {
		return err
	}
	names.set(c, at, b.vary)
	return b.send(c, bytes)
}

var (
	varyHeader    = []byte(fiber.HeaderVary)
	privately     = []byte("private, no-cache")
	verifiedBytes = []byte(verifiedHeader)
	stateBytes    = []byte(stateHeader)
	etagBytes     = []byte("Etag") // as fasthttp brings it into form
)

func (n *boardNames) set(c *fiber.Ctx, at BoardStanding, vary []byte) {
	h := &c.Response().Header
	h.SetCanonical(cacheHeader, privately)
	h.SetCanonical(varyHeader, vary)
	h.SetCanonical(verifiedBytes, n.verified)
	h.SetCanonical(stateBytes, at.state())
	if !at.Unproved {
		h.SetCanonical(etagBytes, n.tags[0])
	}
}

// among looks for one of the board's tags in a list.
func (n *boardNames) among(list string) bool {
	for _, tag := range n.tags {
		if matches(list, string(tag), true) {
			return true
		}
	}
	return false
}

// boardTags are a board's: each encoding has its own, because tags are strong.
func boardTags(at BoardStanding) (tags [3][]byte) {
	for i, encoding := range packings {
		tag := `"` + at.Epoch + "-" + strconv.FormatUint(at.Seq, 10)
		if encoding != "" {
			tag += "-" + encoding
		}
		tags[i] = []byte(tag + `"`)
	}
	return tags
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
		epoch: at.Epoch, seq: at.Seq, unproved: at.Unproved, tags: boardTags(at), plain: plain,
		gzip: sync.OnceValue(func() []byte { return packed("gzip", plain) }),
		brot: sync.OnceValue(func() []byte { return packed("br", plain) }),
	}, nil
}

var (
	typeHeader     = []byte(fiber.HeaderContentType)
	encodingHeader = []byte(fiber.HeaderContentEncoding)
	jsonBytes      = []byte(jsonType)
)

func (b *boards) send(c *fiber.Ctx, board *boardBytes) error {
	h := &c.Response().Header
	body, encoding := board.plain, b.accepts.packing(c)
	switch packings[encoding] {
	case "gzip":
		body = board.gzip()
	case "br":
		body = board.brot()
	}
	if encoding > 0 {
		h.SetCanonical(encodingHeader, []byte(packings[encoding]))
	}
	if !board.unproved {
		h.SetCanonical(etagBytes, board.tags[encoding])
	}
	h.SetCanonical(typeHeader, jsonBytes)
	c.Response().SetBodyRaw(body) // it is never changed, so it need not be copied
	return nil
}
