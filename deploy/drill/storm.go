package drill

import (
	"cmp"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"weer/deploy/lab"
)

// LiveAgain is how long after a kill every display has to be proved live.
const LiveAgain = 15 * time.Second

// The weather: how often the nation is asked for its beds, and what share of
// their values moved since. With every such poll all regions move, one
// transaction each. What else the nation says is asked for less often.
const (
	pollEvery  = 300 * time.Millisecond
	otherEvery = 500 * time.Millisecond
	churn      = 0.05
)

// sources are all that is polled.
var sources = []string{beds, "egen.acceptance", "egen.messages", "egen.institutions"}

// witness is a hospital of Seoul that says the same throughout: the lies are
// about it.
const (
	witness     = "A1100001"
	witnessSays = "CT 고장"
)

// regions are what the displays follow: a large and a small one, and two between.
var regions = []string{"region:11", "region:41", "region:26", "region:36"}

const displaysPerRegion = 3

// patience is for what has no bound of its own, on a busy machine.
const patience = 60 * time.Second

// A Site says what a storm goes over.
type Site struct {
	Nodes    int
	Database string           // WEER_DATABASE_URL
	Redis    *lab.RedisServer // nil: the bus in the process, for one node
}

// A Storm is a running site under a moving source, and who watches it. One
// goroutine drives it, the test's.
type Storm struct {
	Nodes     []*lab.Node
	Simulator *lab.Simulator
	Displays  []*Display
	DB        *sql.DB // the judge's

	tb        testing.TB
	site      Site
	rand      *rand.Rand
	hospitals []string // that change their words with each strike
	posted    []message
	messages  int // ever posted
	kills     int
	slowest   time.Duration
}

// A message is one that a hospital posted.
type message struct{ hospital, text string }

// Begin starts a site, and displays that are all proved live when it returns.
func Begin(tb testing.TB, site Site, seed uint64) *Storm {
	tb.Helper()
	s := &Storm{site: site, tb: tb, rand: rand.New(rand.NewPCG(seed, 0))}
	s.Simulator = lab.Simulate(tb)
	s.Simulator.Churn(churn)
	s.Simulator.Set(witness, map[string]any{
		"acceptance": map[string]any{"severe.burn": "refuses"}, "message": map[string]any{"text": witnessSays},
	})
	env := s.settings()
	for i := range site.Nodes {
		s.Nodes = append(s.Nodes, lab.Serve(tb, fmt.Sprintf("node%d", i+1), env))
	}
	s.DB = Open(tb, site.Database)
	began := time.Now()
	for i := range displaysPerRegion * len(regions) {
		s.Displays = append(s.Displays, Watch(tb, fmt.Sprintf("display%d", i+1), regions[i%len(regions)], s.urls(i)...))
	}
	s.proved(began, patience)
	s.Polled(1)
	s.hospitals = s.others()
	return s
}

// others are the hospitals that the displays show and that declare something,
// the witness apart.
func (s *Storm) others() (ids []string) {
	s.tb.Helper()
	err := Each(s.tb.Context(), s.DB, "SELECT h.id, h.region FROM hospital h JOIN severe_disease_acceptance a ON a.hospital_id = h.id ORDER BY h.id", func(rows *sql.Rows) error {
		var id, region string
		err := rows.Scan(&id, &region)
		if id != witness && slices.Contains(regions, "region:"+region) {
			ids = append(ids, id)
		}
		return err
	})
	if err != nil || len(ids) == 0 {
		s.tb.Fatalf("%d hospitals: %v", len(ids), err)
	}
	return ids
}

func (s *Storm) settings() []string {
	env := append(lab.Settings(s.tb, s.site.Database, s.Simulator.URL(), pollEvery),
		"WEER_EGEN_ACCEPTANCE_INTERVAL="+otherEvery.String(), "WEER_EGEN_MESSAGES_INTERVAL="+otherEvery.String(),
		"WEER_EGEN_LIST_INTERVAL="+otherEvery.String())
	if s.site.Redis != nil {
		env = append(env, "WEER_REDIS_URL="+s.site.Redis.URL)
	}
	return env
}

// urls are all nodes, beginning with another one for each display.
func (s *Storm) urls(display int) (urls []string) {
	for i := range s.Nodes {
		urls = append(urls, s.Nodes[(display+i)%len(s.Nodes)].URL())
	}
	return urls
}

// Strike kills something at some moment, starts it again, and waits until every
// display is proved live again.
func (s *Storm) Strike() {
	s.tb.Helper()
	s.talk()
	s.moment()
	victim, hitRedis := s.victim()
	struck := time.Now()
	if hitRedis {
		s.site.Redis.Kill()
	}
	if victim != nil {
		victim.Kill()
		victim.Start()
	}
	if hitRedis {
		s.site.Redis.Start()
	}
	s.proved(time.Now(), LiveAgain-time.Since(struck))
	took := time.Since(struck)
	s.kills++
	s.slowest = max(s.slowest, took)
	s.tb.Logf("kill %d, %s: all live after %s", s.kills, names(victim, hitRedis), took.Round(time.Millisecond))
}

func names(victim *lab.Node, hitRedis bool) string {
	switch {
	case victim == nil:
		return "Redis"
	case hitRedis:
		return victim.Name + " and Redis"
	}
	return victim.Name
}

// talk lets some hospitals declare something else, post a message, take an old
// one back and call themselves something else: what no churn moves.
func (s *Storm) talk() {
	s.tb.Helper()
	for range 4 {
		said := message{s.hospitals[s.rand.IntN(len(s.hospitals))], fmt.Sprintf("%d번째 알림", s.messages)}
		s.messages++
		state := []string{"accepts", "refuses", "not_reported"}[s.rand.IntN(3)]
		s.Simulator.Set(said.hospital, map[string]any{
			"acceptance": map[string]any{"severe.burn": state, "severe.bronchoscopy_infant": state},
			"notes":      map[string]any{"severe.bronchoscopy_infant": fmt.Sprintf("%d세 이상", s.messages)},
			"message":    map[string]any{"text": said.text, "department": "신경과"},
			"list":       map[string]any{"name": fmt.Sprintf("병원 %d", s.messages)},
		})
		if s.posted = append(s.posted, said); len(s.posted) > 6 {
			s.Simulator.Set(s.posted[0].hospital, map[string]any{"remove": s.posted[0].text})
			s.posted = s.posted[1:]
		}
	}
}

// Restart kills all nodes at once and starts them again. It returns a moment at
// which none ran.
func (s *Storm) Restart() (dark time.Time) {
	s.tb.Helper()
	for _, n := range s.Nodes {
		n.Kill()
	}
	dark = time.Now()
	for _, n := range s.Nodes {
		n.Start()
	}
	for _, n := range s.Nodes {
		n.Ready()
	}
	return dark
}

// victim is a node, where there is a Redis sometimes that instead, or both.
func (s *Storm) victim() (node *lab.Node, hitRedis bool) {
	node = s.Nodes[s.rand.IntN(len(s.Nodes))]
	if s.site.Redis == nil {
		return node, false
	}
	switch s.rand.IntN(5) {
	case 0:
		return nil, true
	case 1:
		return node, true
	}
	return node, false
}

// moment waits until the storm is under way again, some events long, and then
// some part of the time between two polls: seldom long, because it is right
// after one region's event that the others' transactions are on their way.
func (s *Storm) moment() {
	s.tb.Helper()
	s.move(1+s.rand.Uint64N(3), s.Displays[s.rand.IntN(len(s.Displays))])
	part := math.Pow(s.rand.Float64(), 3)
	select {
	case <-time.After(time.Duration(part * float64(pollEvery))):
	case <-s.tb.Context().Done():
	}
}

// GoesOn waits until every display has moved on by two events.
func (s *Storm) GoesOn() {
	s.tb.Helper()
	s.move(2, s.Displays...)
}

func (s *Storm) move(events uint64, displays ...*Display) {
	s.tb.Helper()
	until := map[*Display]uint64{}
	for _, d := range displays {
		until[d] = d.Cursor().Seq + events
	}
	lab.Until(s.tb, "the storm goes on", patience, func() error {
		for d, seq := range until {
			if c := d.Cursor(); c.Seq < seq {
				return fmt.Errorf("%s is at %d, waiting for %d", c.Feed, c.Seq, seq)
			}
		}
		return nil
	})
}

// proved waits until every display is live by a proof that is younger than a moment.
func (s *Storm) proved(since time.Time, within time.Duration) {
	s.tb.Helper()
	lab.Until(s.tb, "every display is proved live", within, func() error {
		for _, d := range s.Displays {
			if err := d.ProvedSince(since); err != nil {
				return err
			}
		}
		return nil
	})
}

// Calm stops the source and waits until everything that it said is written and
// shown.
func (s *Storm) Calm() {
	s.tb.Helper()
	s.Simulator.Pause(true)
	s.Polled(2)
	for _, d := range s.Displays {
		lab.Until(s.tb, d.name+" shows the newest", LiveAgain, func() error {
			head, err := number(s.tb.Context(), s.DB, "SELECT seq FROM feed WHERE name = ?", d.Feed())
			if err == nil && d.Cursor().Seq != uint64(head) {
				err = fmt.Errorf("it is at %d of %d", d.Cursor().Seq, head)
			}
			return cmp.Or(err, d.ProvedSince(time.Time{}))
		})
	}
}

// Polled waits for complete polls of each source that begin from now on.
func (s *Storm) Polled(polls int64) {
	s.tb.Helper()
	now := time.Now().UnixMilli()
	for _, source := range sources {
		lab.Until(s.tb, "polls of "+source+" are complete", patience, func() error {
			n, err := number(s.tb.Context(), s.DB, "SELECT COUNT(*) FROM ingest_run WHERE complete AND source = ? AND started_at > ?", source, now)
			if err == nil && n < polls {
				err = fmt.Errorf("%d of %d", n, polls)
			}
			return err
		})
	}
}

// Record takes down the database as of one moment. falsify, if it is given,
// changes something first; that is taken back afterwards.
func (s *Storm) Record(falsify ...string) *Record {
	s.tb.Helper()
	tx, err := s.DB.BeginTx(s.tb.Context(), nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was to be kept
	for _, statement := range falsify {
		must(s.tb, tx, statement)
	}
	r, err := Read(s.tb.Context(), tx)
	if err != nil {
		s.tb.Fatal(err)
	}
	return r
}

// Shown is what all displays show now.
func (s *Storm) Shown() (shown []Shown) {
	for _, d := range s.Displays {
		shown = append(shown, d.Shown())
	}
	return shown
}
