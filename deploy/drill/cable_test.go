package drill

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A cable leads to the database, and can be cut through.
type cable struct {
	URL string

	to string // the server's socket
	ln net.Listener

	mu      sync.Mutex
	severed bool
	held    []net.Conn
}

func cableTo(t *testing.T, database string) *cable {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "weer-cable-") // not t.TempDir: a socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	c := &cable{to: q.Get("socket")}
	if c.ln, err = net.Listen("unix", filepath.Join(dir, "db.sock")); err != nil {
		t.Fatal(err)
	}
	q.Set("socket", c.ln.Addr().String())
	u.RawQuery = q.Encode()
	c.URL = u.String()
	var all sync.WaitGroup
	all.Go(func() { c.lead(&all) })
	t.Cleanup(func() {
		c.ln.Close() //nolint:errcheck // it ends here
		c.sever()
		all.Wait()
		os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	})
	return c
}

func (c *cable) lead(all *sync.WaitGroup) {
	for {
		near, err := c.ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", c.to)
		if err != nil || !c.hold(near, far) {
			near.Close() //nolint:errcheck // nobody is there
			continue
		}
		for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
			all.Go(func() {
				_, _ = io.Copy(way[0], way[1]) // ends with either of them
				way[0].Close()                 //nolint:errcheck // may be closed
				way[1].Close()                 //nolint:errcheck // may be closed
			})
		}
	}
}

// hold keeps a way's two ends; false while the cable is cut.
func (c *cable) hold(near, far net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.severed {
		far.Close() //nolint:errcheck // it leads nowhere
		return false
	}
	c.held = append(c.held, near, far)
	return true
}

func (c *cable) sever() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.severed = true
	for _, conn := range c.held {
		conn.Close() //nolint:errcheck // may be closed
	}
	c.held = nil
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.severed = false
}
