package drill

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weer/deploy/lab"
	"weer/model/feed"
)

var (
	kills = flag.Int("kills", 10, "how often a storm is struck")
	seed  = flag.Uint64("seed", 0, "the order of the kills; 0 draws one")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := lab.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// sites are what WeER runs as: alone with SQLite, or three nodes that share
// MariaDB and Redis.
func sites(t *testing.T, test func(t *testing.T, site Site)) {
	t.Run("one node, SQLite", func(t *testing.T) {
		test(t, Site{Nodes: 1, Database: "sqlite:" + filepath.Join(t.TempDir(), "weer.db")})
	})
	t.Run("three nodes, MariaDB, Redis", func(t *testing.T) {
		test(t, Site{Nodes: 3, Database: lab.MariaDB(t), Redis: lab.Redis(t)})
	})
}

func draw(t *testing.T) uint64 {
	n := *seed
	if n == 0 {
		n = rand.Uint64()
	}
	t.Logf("the order of the kills: -seed %d", n)
	return n
}

func TestStorm(t *testing.T) {
	sites(t, func(t *testing.T, site Site) {
		s := Begin(t, site, draw(t))
		for range *kills {
			s.Strike()
		}
		s.GoesOn()
		s.Calm()
		t.Logf("%d kills, all live again within %s at most", s.kills, s.slowest.Round(time.Millisecond))
		record, shown := s.Record(), s.Shown()
		acquit(t, record.Verdict(shown))
		for _, n := range s.Nodes { // the lies hold the database: a node that waits for it would cut its polls
			n.Kill()
		}
		for _, lie := range falsified {
			convict(t, lie.name, s.Record(lie.statement).Verdict(shown), lie.found)
		}
		for _, lie := range misshown {
			shown := s.Shown() // to be falsified
			lie.falsify(shown[0].Board)
			convict(t, lie.name, record.Verdict(shown), lie.found)
		}
		acquit(t, s.Record().Verdict(s.Shown())) // nothing of that stayed
	})
}

// Lies in the database that the judge has to find, and what it has to say.
var falsified = []struct{ name, statement, found string }{
	{"a missing event", "DELETE FROM feed_event WHERE feed = 'region:11' AND seq = 2", "event 3 stands where 2 should"},
	{"an event lost at the end", "UPDATE feed SET seq = seq + 1 WHERE name = 'region:11'", "its row says"},
	{
		"a number that nobody reported",
		`UPDATE icu SET readings = '{"icu.general":{"state":"known","value":99}}' WHERE hospital_id = 'A1100001'`, "A1100001: its row of icu is",
	},
	{
		"an observation that was never made",
		`UPDATE observation SET readings = '{"icu.general":{"state":"known","value":99}}' WHERE hospital_id = 'A1100001'`, "A1100001/er",
	},
	{"an observation of another time", "UPDATE observation SET observed_at = observed_at + 1 WHERE hospital_id = 'A1100001'", "A1100001/egen is"},
	{"a source that never spoke", "UPDATE hospital SET base = 'push:ghost' WHERE id = 'A1100001'", `"push:ghost" is shown and was never observed`},
	{"a source that is gone", `UPDATE hospital SET missed_by = '{"egen.beds":2,"egen.institutions":0}' WHERE id = 'A1100001'`, "only the first has A1100001/egen"},
	{
		"a hospital that is gone",
		`UPDATE hospital SET missed_by = '{"egen.beds":2}' WHERE id = (SELECT MIN(o.hospital_id) FROM observation o
		  WHERE NOT EXISTS (SELECT 1 FROM er_announcement a WHERE a.hospital_id = o.hospital_id))`,
		"/hospital = {",
	},
	{"another name in the list", "UPDATE hospital SET listed_name = '없는 병원' WHERE id = 'A1100001'", "A1100001/hospital is"},
	{"a hospital in another region", "UPDATE hospital SET listed_region = '41' WHERE id = 'A1100001'", "it lies in 41 and is shown in 11"},
	{"an announcement with other words", "UPDATE er_announcement SET text = 'CT 정상' WHERE hospital_id = 'A1100001' AND text = 'CT 고장'", "A1100001/msg/"},
	{"an announcement that was lifted", "UPDATE er_announcement SET lifted = 1 WHERE hospital_id = 'A1100001' AND text = 'CT 고장'", `"lifted":true`},
	{"an announcement without a row", "DELETE FROM er_announcement WHERE hospital_id = 'A1100001' AND text = 'CT 고장'", "only the first has A1100001/msg/"},
	{
		"an announcement that is there twice",
		`INSERT INTO er_announcement SELECT hospital_id, 'twin', kind, code, disease, text, department, lifted, automatic, starts_at, ends_at, since_at, missed, source, reason, made_by, revision
		   FROM er_announcement WHERE hospital_id = 'A1100001' AND text = 'CT 고장'`, "another announcement's twin",
	},
	{
		"a declaration turned round",
		"UPDATE severe_disease_acceptance SET declarations = REPLACE(declarations, '\"refuses\"', '\"accepts\"') WHERE hospital_id = 'A1100001'", "A1100001/acceptance is",
	},
	{"declarations without a row", "DELETE FROM severe_disease_acceptance WHERE hospital_id = 'A1100001'", "only the first has A1100001/acceptance"},
	{"an announcement of another source", "UPDATE er_announcement SET source = 'console' WHERE hospital_id = 'A1100001' AND text = 'CT 고장'", `"source":"console"`},
	{"an announcement for another reason", "UPDATE er_announcement SET reason = 'no_beds', revision = 2 WHERE hospital_id = 'A1100001' AND text = 'CT 고장'", `"reason":"no_beds"`},
	{
		"an announcement that a person made and no screen has",
		`INSERT INTO er_announcement SELECT hospital_id, 'made', kind, code, disease, '없음', department, lifted, automatic, starts_at, ends_at, since_at, missed, 'console', 'other', 'a', 1
		   FROM er_announcement WHERE hospital_id = 'A1100001' AND text = 'CT 고장'`, "only the second has A1100001/msg/made",
	},
	{
		"a word that no screen has",
		`INSERT INTO acceptance_correction (hospital_id, disease, state, note, said_state, said_note, made_by, made_at, ends_at)
		 VALUES ('A1100001', 'severe.burn', 'refuses', '', 'accepts', '', 'console', 1, 2)`, "only the second has A1100001/acceptance_corrected",
	},
	{
		"a correction that no screen has",
		`INSERT INTO correction (hospital_id, item, value, said, made_by, made_at, ends_at)
		 VALUES ('A1100001', 'er.general', '{"state":"known","value":77}', '{}', 'console', 1, 2)`, "only the second has A1100001/corrected",
	},
	{
		"an override that no screen has",
		`INSERT INTO hospital_override (hospital_id, field, value, owner, reason, set_at) VALUES ('A1100001', 'name', '없는 병원', 'admin', 'test', 1)`, "A1100001/hospital is",
	},
	{"a bed that is held for nobody", "INSERT INTO bed_hold (hospital_id, reservation_id, item, kind, since) VALUES ('A1100001', 'ghost', 'er.general', 'coming', 1)", "only the second has A1100001/load"},
	{"a console that no screen has", "UPDATE hospital SET console = 'none', console_at = 1 WHERE id = 'A1100001'", "only the second has A1100001/console"},
	{"a reach that no console proves", "UPDATE hospital SET console = 'audible', console_at = 1 WHERE id = 'A1100001'", `it is reached "audible", and its consoles prove "none"`},
	{
		"a console that is not counted",
		"INSERT INTO console (hospital_id, id, locks, account, visible, audible, ends_at) VALUES ('A1100001', 'ghost', 1, 'a', 1, 0, 1)", `its consoles prove "visible"`,
	},
	{"a run that ended otherwise", "UPDATE ingest_run SET complete = 0, error = 'cut' WHERE source = 'egen.messages'", "run/egen.messages: told true"},
}

// Lies on a display of Seoul.
var misshown = []struct {
	name    string
	falsify func(Board)
	found   string
}{
	{"a torn snapshot", func(b Board) {
		b["A1100001/er"], b["A1100002/er"] = b["A1100002/er"], b["A1100001/er"]
	}, "A1100002/er is"},
	{"a value of another moment", func(b Board) {
		b["A1100001/er"] = Held{b["A1100001/er"].Seq, `{"er.general":{"state":"known","value":99}}`}
	}, "A1100001/er is"},
	{"a ghost", func(b Board) { b["A1199999/er"] = Held{1, "{}"} }, "only the first has A1199999/er"},
	{"a key that did not come", func(b Board) { delete(b, "A1100001/er") }, "only the second has A1100001/er"},
}

func acquit(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults[:min(20, len(faults))] {
		t.Error(f)
	}
	if len(faults) > 0 {
		t.Fatalf("%d contradictions", len(faults))
	}
}

func convict(t *testing.T, lie string, faults []string, found string) {
	t.Helper()
	all := strings.Join(faults, "\n")
	if !strings.Contains(all, found) {
		t.Errorf("%s: the judge does not say %q but: %.1000s", lie, found, all)
	}
}

// A display that was away while a hospital went, and comes back to a hub that
// never saw it, does not go on showing it.
func TestResumedDisplaysHoldNoGhosts(t *testing.T) {
	const hospital = "A1100001"
	sites(t, func(t *testing.T, site Site) {
		s := Begin(t, site, 1)
		s.Calm()
		away := s.Displays[0]
		resets, resumed := away.Received(feed.TypeReset), away.Received(feed.TypeResumed)
		if _, ok := away.Get(hospital + "/hospital"); !ok {
			t.Fatalf("%s does not show %s in the first place", away.Feed(), hospital)
		}
		away.Off()

		s.Simulator.Drop(hospital)
		s.Polled(3)
		dark := s.Restart()
		away.On()
		s.proved(dark, LiveAgain)

		if away.Received(feed.TypeResumed) == resumed || away.Received(feed.TypeReset) != resets {
			t.Error("the display did not resume but start anew")
		}
		if e, ok := away.Get(hospital + "/hospital"); ok {
			t.Errorf("a ghost: %s = %s", e.Key, e.Value)
		}
		acquit(t, s.Record().Verdict(s.Shown()))
	})
}

// A stored digest that its keys do not have: every hub that starts on it says
// so, no display takes it for the truth, and a repair ends it.
func TestAWrongDigestIsNeverLive(t *testing.T) {
	const name = "region:11"
	sites(t, func(t *testing.T, site Site) {
		s := Begin(t, site, 1)
		s.Calm()
		must(t, s.DB, "UPDATE feed_event SET digest = '0123456789abcdef' WHERE feed = ? AND seq = (SELECT seq FROM feed WHERE name = ?)", name, name)
		dark := s.Restart()
		s.Displays = append(s.Displays, Watch(t, "newcomer", name, s.urls(0)...))

		s.beaten(name, 3)
		for _, d := range s.Displays {
			if d.Feed() == name {
				neverProved(t, d, dark)
			}
		}
		if !s.reported(name) {
			t.Error("no node reports it in its metrics and its log")
		}

		repaired := s.repair(name)
		s.proved(repaired, LiveAgain)
		acquit(t, s.Record().Verdict(s.Shown()))
	})
}

// beaten waits until all displays of a feed have heard more beats.
func (s *Storm) beaten(name string, more int) {
	s.tb.Helper()
	for _, d := range s.Displays {
		if d.Feed() != name {
			continue
		}
		want := d.Received(feed.TypeBeat) + more
		lab.Until(s.tb, d.name+" hears beats", patience, func() error {
			if n := d.Received(feed.TypeBeat); n < want {
				return fmt.Errorf("%d of %d", n, want)
			}
			return nil
		})
	}
}

func neverProved(t *testing.T, d *Display, since time.Time) {
	t.Helper()
	if v := d.View(); v.Link == feed.Live || v.ProvedAt.After(since) {
		t.Errorf("%s takes a wrong digest for the truth: %s, proved at %s", d.name, v.Link, v.ProvedAt)
	}
}

var unprovedGauge = regexp.MustCompile(`(?m)^weer_\w*unproved\w*(\{[^}]*\})? [1-9]`)

// reported tells whether a node counts an unproved feed and names it in its log.
func (s *Storm) reported(name string) bool {
	return slices.ContainsFunc(s.Nodes, func(n *lab.Node) bool {
		metrics, err := lab.Get(s.tb.Context(), n.URL()+"/metrics")
		if err != nil {
			s.tb.Error(err)
		}
		said := slices.ContainsFunc(strings.Split(n.Log(), "\n"), func(line string) bool {
			return strings.Contains(line, "unproved") && strings.Contains(line, name)
		})
		return said && unprovedGauge.Match(metrics)
	})
}

// repair runs the command: beside the nodes, or instead of one that has its
// database alone. It returns a moment before it.
func (s *Storm) repair(name string) (before time.Time) {
	s.tb.Helper()
	alone := s.site.Redis == nil
	if alone {
		s.Nodes[0].Stop()
	}
	before = time.Now()
	s.tb.Log(lab.Command(s.tb, []string{"WEER_DATABASE_URL=" + s.site.Database}, "feed", "repair", name))
	if alone {
		s.Nodes[0].Start()
		s.Nodes[0].Ready()
	}
	return before
}
