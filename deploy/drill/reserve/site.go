package reserve

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"weer/api/auth"
	"weer/deploy/lab"
	"weer/model"
)

// region is where everything is: one feed, in which all of it has its order.
const region = "11"

// hospitals are what the storm is about, and bedsThere what each has.
var hospitals = []string{"A1100001", "A1100002", "A1100003", "A1100004"}

const bedsThere = 3

// How many people there are.
const (
	crews              = 64
	consolesOfHospital = 4
)

// A site is three nodes that share a database and Redis, and those who ask them.
type site struct {
	tb       testing.TB
	nodes    []*lab.Node
	database *lab.MariaDBServer
	url      string // of the database
	redis    *lab.RedisServer
	client   *http.Client
	keys     *auth.Keys
	units    []string
	began    time.Time
}

func build(tb testing.TB) *site {
	tb.Helper()
	s := &site{tb: tb, database: lab.StartMariaDB(tb), redis: lab.Redis(tb), began: time.Now()}
	s.url = s.database.Database(tb)
	// Nobody polls: all that is known of beds, the hospitals say themselves.
	env := append(lab.Settings(tb, s.url, "", time.Minute), "WEER_ROLES=api,hub", "WEER_MODE=simulated", "WEER_REDIS_URL="+s.redis.URL)
	for i := range 3 {
		s.nodes = append(s.nodes, lab.Serve(tb, fmt.Sprintf("node%d", i+1), env))
	}
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crews + len(hospitals)*consolesOfHospital}}
	tb.Cleanup(s.client.CloseIdleConnections)
	s.openKeys(env)
	s.makeUnits()
	return s
}

// openKeys reads the key file of the nodes, so that nobody has to sign in.
func (s *site) openKeys(env []string) {
	s.tb.Helper()
	for _, e := range env {
		path, ok := strings.CutPrefix(e, "WEER_TOKEN_KEY=")
		if !ok {
			continue
		}
		var err error
		if s.keys, err = auth.Load(path); err != nil {
			s.tb.Fatal(err)
		}
	}
}

// person is somebody with a token.
func (s *site) person(p model.Principal) caller {
	s.tb.Helper()
	token, err := s.keys.Sign(p, 24*time.Hour)
	if err != nil {
		s.tb.Fatal(err)
	}
	return caller{site: s, actor: p.Actor(), token: token}
}

func (s *site) makeUnits() {
	s.tb.Helper()
	admin := s.person(model.Principal{Subject: "admin", Role: model.RoleAdmin})
	for i := range crews {
		body := fmt.Sprintf(`{"call_sign":"훈련 %d","region":%q,"kind":"119"}`, i+1, region)
		a, err := admin.try(s.tb.Context(), s.nodes[0], http.MethodPost, "/units", "", body)
		var made struct{ ID string }
		if err = cmp.Or(err, json.Unmarshal(a.body, &made)); err != nil || a.status != http.StatusCreated {
			s.tb.Fatalf("unit: %d %v %s", a.status, err, a.body)
		}
		s.units = append(s.units, made.ID)
	}
}

// now is the time of the storm.
func (s *site) now() int64 { return time.Since(s.began).Nanoseconds() }
