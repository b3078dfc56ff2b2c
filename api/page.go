package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"weer/model/fault"
)

// A page is the built web page, read once: it is small and never changes while
// the process lives. Only what lies in assets/ may be kept without asking: pages,
// manifests and the service worker (sw.js) have the same name in every build.
type page struct {
	files map[string]file // by path: "/" for index.html, "/login" for login.html
	err   error           // why it could not be read
}

type file struct {
	variants []variant // the best first, the plain one last
	kind     string
	cache    string
}

type variant struct {
	encoding string // of Content-Encoding; "" is plain
	body     []byte
	etag     string
}

// encodings are what a build leaves beside a file, by its ending.
var encodings = []struct{ ending, name string }{{".br", "br"}, {".gz", "gzip"}}

// kinds are those that not every machine knows by the ending: what is served must
// not depend on where.
var kinds = map[string]string{".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}

func loadPage(built fs.FS) *page {
	p := &page{files: map[string]file{}}
	p.err = fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") || isEncoded(name) {
			return err
		}
		f, err := loadFile(built, name)
		p.files[urlOf(name)] = f
		return err
	})
	return p
}

func isEncoded(name string) bool {
	return slices.ContainsFunc(encodings, func(e struct{ ending, name string }) bool {
		return strings.HasSuffix(name, e.ending)
	})
}

func urlOf(name string) string {
	if name == "index.html" {
		return "/"
	}
	return "/" + strings.TrimSuffix(name, ".html")
}

func loadFile(built fs.FS, name string) (file, error) {
	ending := path.Ext(name)
	f := file{kind: cmp.Or(kinds[ending], mime.TypeByExtension(ending), fiber.MIMEOctetStream), cache: "no-cache"}
	if strings.HasPrefix(name, "assets/") { // their names change with their content
		f.cache = "public, max-age=31536000, immutable"
	}
	for _, e := range encodings {
		if body, err := fs.ReadFile(built, name+e.ending); err == nil {
			f.variants = append(f.variants, newVariant(e.name, body))
		}
	}
	body, err := fs.ReadFile(built, name)
	f.variants = append(f.variants, newVariant("", body))
	return f, err
}

func newVariant(encoding string, body []byte) variant {
	sum := sha256.Sum256(body)
	return variant{encoding, body, `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// serve answers for the paths that the build has, and lets others pass on.
func (p *page) serve(c *fiber.Ctx) error {
	f, ok := p.files[c.Path()]
	switch {
	case !ok && c.Path() == "/":
		return p.missing()
	case !ok:
		return c.Next()
	case c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead:
		c.Set(fiber.HeaderAllow, "GET, HEAD")
		return fiber.ErrMethodNotAllowed
	}
	return f.send(c)
}

func (p *page) missing() error {
	return fault.Wrap(fault.Unavailable, p.err, "the page is not built into this weer: run `make web`, then build again")
}

func (f file) send(c *fiber.Ctx) error {
	v := f.choose(c)
	c.Set(fiber.HeaderETag, v.etag)
	c.Set(fiber.HeaderCacheControl, f.cache)
	c.Vary(fiber.HeaderAcceptEncoding)
	if slices.Contains(strings.Split(c.Get(fiber.HeaderIfNoneMatch), ", "), v.etag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.kind)
	if v.encoding != "" {
		c.Set(fiber.HeaderContentEncoding, v.encoding)
	}
	return c.Send(v.body)
}

func (f file) choose(c *fiber.Ctx) variant {
	for _, v := range f.variants {
		if v.encoding != "" && c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings(v.encoding) == v.encoding {
			return v
		}
	}
	return f.variants[len(f.variants)-1]
}
