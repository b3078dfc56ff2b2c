package api

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"
)

// packings are the encodings of an answer, the plain one first.
var packings = [3]string{"", "gzip", "br"}

// acceptsKept bounds the Accept-Encodings whose meaning is kept: there are few
// browsers and programs, and who invents some shall not fill memory.
const acceptsKept = 256

// accepts finds the best encoding that a client takes, and keeps what it found.
type accepts struct{ kept *lru.Cache[string, int] }

func newAccepts() accepts {
	kept, err := lru.New[string, int](acceptsKept)
	if err != nil {
		panic(err) // it knows only one: a size below 1
	}
	return accepts{kept}
}

// packing is the index of the client's best encoding in packings.
func (a accepts) packing(c *fiber.Ctx) int {
	accept := string(c.Request().Header.Peek(fiber.HeaderAcceptEncoding))
	if accept == "" {
		return 0
	}
	if i, ok := a.kept.Get(accept); ok {
		return i
	}
	best := len(packings) - 1 // the smallest that the client takes, whatever it names first
	for best > 0 && c.AcceptsEncodings(packings[best]) != packings[best] {
		best--
	}
	a.kept.Add(accept, best)
	return best
}

const (
	// worthPacking is the smallest answer that is packed: a smaller one fits into
	// one packet anyway.
	worthPacking = 1 << 10
	// The levels are those where a board of the capital is packed in a few
	// milliseconds: it is packed again with each event that somebody asks for.
	brotliLevel = 4
	gzipLevel   = 5
)

func packed(encoding string, plain []byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	if encoding == "br" {
		w = brotli.NewWriterLevel(&out, brotliLevel)
	} else {
		w, _ = gzip.NewWriterLevel(&out, gzipLevel) // a level that there is
	}
	_, _ = w.Write(plain) // memory takes everything
	_ = w.Close()
	return out.Bytes()
}

// pack packs an answer that was made for one client. One with an ETag is left
// alone: its tag is strong, and names a version and not an encoding of it.
func (a accepts) pack(c *fiber.Ctx) {
	res := c.Response()
	if res.IsBodyStream() || len(res.Body()) < worthPacking ||
		len(res.Header.Peek(fiber.HeaderContentEncoding)) > 0 || len(res.Header.Peek(fiber.HeaderETag)) > 0 {
		return
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	if i := a.packing(c); i > 0 {
		res.SetBodyRaw(packed(packings[i], res.Body()))
		c.Set(fiber.HeaderContentEncoding, packings[i])
	}
}

// packing packs what a handler answers.
func (s *Server) packing(serve fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		err := serve(c)
		if err == nil {
			s.accepts.pack(c)
		}
		return err
	}
}
