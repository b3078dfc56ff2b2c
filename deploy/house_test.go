package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A room is a row of the import table: what the packages of one folder may
// know, and what must not even reach them through others.
type room struct {
	folder string   // of one package; "ingest/..." is a folder with all below it
	may    []string // direct imports beside the standard library, each with all below it
	never  []string // must not be in the transitive imports
}

// Third parties by the names they have in the table.
const (
	bun       = "github.com/uptrace/bun"
	fiber     = "github.com/gofiber"
	huma      = "github.com/danielgtaylor/huma"
	jwt       = "github.com/golang-jwt"
	mysql     = "github.com/go-sql-driver/mysql"
	sqlite    = "modernc.org/sqlite"
	redis     = "github.com/redis/go-redis"
	websocket = "github.com/coder/websocket"
)

// anything may be known by the places where the parts meet.
var anything = []string{""}

// core lists what a part that only talks to model must never reach.
var core = []string{"weer/api", "weer/cmd", "weer/deploy", fiber, bun, redis, jwt}

// house is the import table. The first row that fits a package counts; a
// package that fits none is an error, so a new one has to be given its room.
var house = []room{
	{"model/fault", nil, nil},
	{"model/feed", []string{"weer/model/fault"}, nil},
	{"model/keyfile", []string{"weer/model/fault"}, nil},
	{"model/seal", []string{"weer/model/fault", "weer/model/keyfile"}, nil},
	{"model", []string{"weer/model/fault", "weer/model/feed", "weer/model/seal"}, nil},
	{"model/store", []string{"weer/model", bun, mysql, sqlite, "github.com/google/uuid", "github.com/cenkalti/backoff", "github.com/gofrs/flock"},
		[]string{"weer/hub", "weer/api", "weer/ingest", "weer/cmd", "weer/deploy", redis, websocket, fiber}},
	{"model/...", []string{"weer/model"}, []string{"weer/hub", "weer/api", "weer/ingest", "weer/cmd", "weer/deploy"}},

	{"hub/follow", []string{"weer/model", "golang.org/x/sync"}, append(core, websocket, "net/http")},
	{"hub/bus", []string{"weer/model", redis, "github.com/cenkalti/backoff", "golang.org/x/sync"}, []string{"weer/api", "weer/cmd", "weer/deploy", fiber, bun, jwt, websocket}},
	{"hub/schema", []string{"weer/model", "weer/hub", "github.com/santhosh-tekuri/jsonschema", "github.com/goccy/go-yaml"}, core},
	{"hub", []string{"weer/model", "weer/hub/follow", websocket, "golang.org/x/time", "golang.org/x/sys", "github.com/google/uuid"}, core},

	{"ingest/...", []string{"weer/model", "weer/ingest", "github.com/cenkalti/backoff", "github.com/google/uuid", "golang.org/x/sync", "golang.org/x/time"},
		append(core, "weer/hub", websocket)},

	{"api/client", []string{"weer/model", websocket, "github.com/cenkalti/backoff"}, append(core, "weer/hub", "weer/ingest", "weer/model/store")},
	{"api/schema", []string{"github.com/santhosh-tekuri/jsonschema"}, []string{"weer"}},
	{"api/auth", []string{"weer/model", jwt, "github.com/google/uuid", "github.com/alexedwards/argon2id", "github.com/trustelem/zxcvbn"}, []string{"weer/hub", "weer/ingest", "weer/cmd", "weer/deploy", fiber, bun, redis, websocket}},
	{"api/hook", []string{"weer/model", "code.dny.dev/ssrf", "github.com/standard-webhooks", "github.com/google/uuid", "golang.org/x/sync", "golang.org/x/time"},
		[]string{"weer/hub", "weer/ingest", "weer/model/store", "weer/cmd", "weer/deploy", fiber, bun, redis, jwt, websocket}},
	{"api/road", []string{"weer/model", "github.com/sony/gobreaker"}, append(core, "weer/hub", "weer/ingest", "weer/model/store", websocket)},
	{"api", []string{"weer/model", "weer/api/auth", "weer/api/hook", "weer/api/road", fiber, huma, "github.com/hashicorp/golang-lru", "github.com/andybalholm/brotli", jwt, "github.com/google/uuid", "github.com/valyala/fasthttp"},
		[]string{"weer/hub", "weer/ingest", "weer/model/store", "weer/cmd", "weer/deploy", bun, redis, websocket}},

	{"web", nil, nil},
	{"web/...", []string{"weer/web"}, []string{"weer/hub", "weer/api", "weer/ingest", "weer/cmd", "weer/deploy", fiber, bun, redis, jwt}},

	{"cmd/weer/watch", []string{"weer/model", "weer/api/client", "github.com/charmbracelet", "github.com/mattn/go-runewidth"},
		[]string{"weer/hub", "weer/ingest", "weer/model/store", fiber, bun, redis, jwt}},
	{"cmd/weer/crews", []string{"weer/model", "weer/api/client", "weer/api/road", "golang.org/x/sync"},
		[]string{"weer/hub", "weer/ingest", "weer/model/store", fiber, bun, redis, jwt}},
	{"cmd/...", anything, []string{"weer/deploy"}},
	{"deploy/...", anything, nil},
}

// topFolders are all there are, beside dot-folders and what is ignored.
var topFolders = []string{"api", "cmd", "deploy", "hub", "ingest", "model", "web"}

// A listed package is what `go list` says of it, tests apart.
type listed struct {
	ImportPath string
	Imports    []string // direct
	Deps       []string // transitive
}

func (p listed) folder() string { return strings.TrimPrefix(p.ImportPath, "weer/") }

// violations holds packages against the table.
func violations(table []room, packages []listed) (found []string) {
	for _, p := range packages {
		i := slices.IndexFunc(table, func(r room) bool { return r.fits(p.folder()) })
		if i < 0 {
			found = append(found, p.ImportPath+" has no row in the import table")
			continue
		}
		for _, imported := range p.Imports {
			if !standard(imported) && !under(imported, table[i].may) {
				found = append(found, fmt.Sprintf("%s may not know %s", p.ImportPath, imported))
			}
		}
		for _, reached := range p.Deps {
			if under(reached, table[i].never) {
				found = append(found, fmt.Sprintf("%s must never reach %s", p.ImportPath, reached))
			}
		}
	}
	return found
}

func (r room) fits(folder string) bool {
	if base, all := strings.CutSuffix(r.folder, "/..."); all {
		return under(folder, []string{base})
	}
	return folder == r.folder
}

// under reports whether a path is one of the roots or below one; the root ""
// holds all.
func under(p string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return root == "" || p == root || strings.HasPrefix(p, root+"/")
	})
}

// standard reports whether an import path is the standard library's: only
// there does the first element have no dot, and the module is named weer.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return first != "weer" && !strings.Contains(first, ".")
}

func TestEveryPackageKeepsToItsRoom(t *testing.T) {
	packages := list(t)
	if len(packages) < 5 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, v := range violations(house, packages) {
		t.Error(v)
	}
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestTopFolders(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "-C", "..", "ls-files", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for file := range strings.Lines(string(out)) {
		top, _, inFolder := strings.Cut(strings.TrimSpace(file), "/")
		if inFolder && !strings.HasPrefix(top, ".") && !slices.Contains(topFolders, top) {
			t.Errorf("%s lies in no room of the house", path.Clean(strings.TrimSpace(file)))
		}
	}
	for _, want := range topFolders {
		if info, err := os.Stat("../" + want); err != nil || !info.IsDir() {
			t.Errorf("the folder %s is missing", want)
		}
	}
}

// The test above finds what is planted, and nothing in what is allowed.
func TestViolationsAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		found int
		p     listed
	}{
		{"allowed", 0, listed{"weer/hub", []string{"weer/hub/follow", "weer/model/feed", websocket, "net/http"}, []string{"weer/model"}}},
		{"direct", 1, listed{"weer/model", []string{"weer/model/feed", fiber + "/fiber/v2"}, nil}},
		{"sideways", 1, listed{"weer/ingest/egen", []string{"weer/hub/bus"}, nil}},
		{"through others", 1, listed{"weer/hub", []string{"weer/model"}, []string{redis + "/v9"}}},
		{"both", 2, listed{"weer/api", []string{"weer/hub"}, []string{"weer/hub"}}},
		{"homeless", 1, listed{"weer/util", nil, nil}},
		{"only looks alike", 1, listed{"weer/model", []string{"weer/model/feedback"}, nil}},
	} {
		if got := violations(house, []listed{c.p}); len(got) != c.found {
			t.Errorf("%s: found %q, want %d", c.name, got, c.found)
		}
	}
}

// ownClock is what asks the clock of the node that runs it.
var ownClock = regexp.MustCompile(`\btime\.(Now|Since|Until)\(`)

// The domain and its store know no clock but the database's, so that a node whose
// own is minutes off changes nothing of any deadline.
func TestTheDomainAsksNoClockOfItsOwn(t *testing.T) {
	if !ownClock.MatchString("at := time.Now()") || ownClock.MatchString("tx.Now()") {
		t.Fatal("the judge does not know a clock when it sees one")
	}
	read := 0
	err := filepath.WalkDir("../model", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if read++; ownClock.Match(text) {
			t.Errorf("%s asks the node's clock: the database's is tx.Now", path)
		}
		return err
	})
	if err != nil || read < 50 {
		t.Errorf("%d files were read: %v", read, err)
	}
}
