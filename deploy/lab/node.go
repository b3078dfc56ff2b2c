package lab

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	readyPatience = 30 * time.Second // from a start to /readyz, on a busy machine
	stopPatience  = 30 * time.Second // longer than the window over which a node closes its displays
)

// Weer builds the weer binary, without the race detector, once per test
// process, and returns its path. TestMain has to run the tests with [Main].
func Weer(tb testing.TB) string {
	tb.Helper()
	path, err := built()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "weer-lab-")
	if err != nil {
		return "", err
	}
	atEnd(func() { os.RemoveAll(dir) }) //nolint:errcheck // a temporary folder
	path := filepath.Join(dir, "weer")
	if out, err := exec.Command("go", "build", "-o", path, "weer/cmd/weer").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build weer/cmd/weer: %w\n%s", err, out)
	}
	return path, nil
})

// A Program is a weer command that can be killed and started again with the
// same arguments. One goroutine drives it, the test's.
type Program struct {
	Name string // in messages

	tb      testing.TB
	env     []string
	args    []string
	log     *os.File // what it printed, over all its lives
	process *child   // nil while it is not running
}

// Command runs weer to its end and returns what it printed; anything but
// success fails the test.
func Command(tb testing.TB, env []string, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), Weer(tb), args...)
	cmd.Env = append(foreign(os.Environ()), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("weer %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Run starts weer with arguments and WEER_ variables, of which it inherits
// none. The test's end kills it, and prints the end of its log when the test
// failed.
func Run(tb testing.TB, name string, env []string, args ...string) *Program {
	tb.Helper()
	log, err := os.Create(filepath.Join(tb.TempDir(), name+".log"))
	if err != nil {
		tb.Fatal(err)
	}
	p := &Program{Name: name, tb: tb, env: append(foreign(os.Environ()), env...), args: args, log: log}
	tb.Cleanup(p.end)
	p.Start()
	return p
}

func foreign(environ []string) (env []string) {
	for _, e := range environ {
		if !strings.HasPrefix(e, "WEER_") {
			env = append(env, e)
		}
	}
	return env
}

// Start starts the program again after Kill or Stop.
func (p *Program) Start() {
	p.tb.Helper()
	cmd := exec.Command(Weer(p.tb), p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, p.log, p.log
	var err error
	if p.process, err = startChild(cmd); err != nil {
		p.tb.Fatalf("%s: %v", p.Name, err)
	}
}

// Kill ends the program as a power cut would, with kill -9, and waits for it.
// It is an error when the program had ended by itself.
func (p *Program) Kill() {
	p.tb.Helper()
	p.running()
	p.process.kill()
	p.process = nil
}

// Stop asks the program to end and fails the test when it does not end well.
func (p *Program) Stop() {
	p.tb.Helper()
	p.running()
	process := p.process
	if err := process.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.tb.Fatalf("%s: %v", p.Name, err)
	}
	select {
	case <-process.ended:
	case <-time.After(stopPatience):
		p.tb.Fatalf("%s did not stop within %s", p.Name, stopPatience)
	}
	p.process = nil
	if !process.cmd.ProcessState.Success() {
		p.tb.Fatalf("%s stopped with %s", p.Name, process.cmd.ProcessState)
	}
}

// running fails the test when the program has ended by itself.
func (p *Program) running() {
	p.tb.Helper()
	select {
	case <-p.process.ended:
		p.tb.Fatalf("%s ended by itself: %s", p.Name, p.process.cmd.ProcessState)
	default:
	}
}

func (p *Program) end() {
	if p.process != nil {
		p.process.kill()
	}
	if p.tb.Failed() {
		const most = 4 << 10
		text := p.Log()
		p.tb.Logf("the end of %s's log:\n%s", p.Name, text[max(0, len(text)-most):])
	}
	p.log.Close() //nolint:errcheck // the programs wrote it, not we
}

// Log returns everything that the program printed.
func (p *Program) Log() string {
	b, err := os.ReadFile(p.log.Name())
	if err != nil {
		p.tb.Error(err)
	}
	return string(b)
}

// A Node is a `weer serve` with an address that stays the same over its lives.
type Node struct {
	*Program
	Addr string // host:port, loopback
}

// Settings are what the nodes of one site share, as WEER_ variables: the
// database, the source, and a new key that signs tokens.
func Settings(tb testing.TB, database, source string, pollEvery time.Duration) []string {
	tb.Helper()
	return []string{
		"WEER_DATABASE_URL=" + database, "WEER_EGEN_URL=" + source, "WEER_EGEN_INTERVAL=" + pollEvery.String(),
		"WEER_TOKEN_KEY=" + tokenKey(tb), "WEER_DRAIN=1s",
	}
}

// tokenKey makes a key file as openssl would.
func tokenKey(tb testing.TB) (path string) {
	tb.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	path = filepath.Join(tb.TempDir(), "token.key")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// Serve starts a node at a free address and waits until it is ready. env
// holds its settings, as WEER_ variables.
func Serve(tb testing.TB, name string, env []string, args ...string) *Node {
	tb.Helper()
	addr := Addr(tb)
	env = append([]string{"WEER_ADDR=" + addr}, env...)
	n := &Node{Run(tb, name, env, append([]string{"serve"}, args...)...), addr}
	n.Ready()
	return n
}

// URL is the node's address as a browser writes it, without a slash at the end.
func (n *Node) URL() string { return "http://" + n.Addr }

// Ready waits until the node says that displays should come to it.
func (n *Node) Ready() {
	n.tb.Helper()
	Until(n.tb, n.Name+" is ready", readyPatience, func() error {
		n.running()
		_, err := Get(n.tb.Context(), n.URL()+"/readyz")
		return err
	})
}

// Get reads a page; any status but 200 is an error with what the page said.
func Get(ctx context.Context, url string) ([]byte, error) {
	return do(ctx, http.MethodGet, url, nil)
}

// Post sends JSON; any status that is no success is an error.
func Post(ctx context.Context, url, json string) ([]byte, error) {
	return do(ctx, http.MethodPost, url, strings.NewReader(json))
}

func do(ctx context.Context, method, url string, body io.Reader) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	req.Close = true // leaves no idle connection behind
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, url, res.Status, bytes.TrimSpace(b))
	}
	return b, err
}

// Addr finds a free loopback address that no outgoing connection takes while
// its server is down: below the ports that the system hands out by itself.
func Addr(tb testing.TB) string {
	tb.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+mathrand.IntN(12_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	tb.Fatal("no free port between 20000 and 32000")
	return ""
}

// Until waits for a condition, asking often, and fails the test when it does
// not hold within the time given; the last error says why.
func Until(tb testing.TB, what string, within time.Duration, holds func() error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			tb.Fatalf("not within %s: %s: %v", within, what, err)
		case <-tick.C:
		}
	}
}
