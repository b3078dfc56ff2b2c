package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const (
	second = feed.Time(1000)
	minute = 60 * second
	noon   = feed.Time(1_800_000_000_000)
)

// A memory is a store in memory that holds the model to a store's contract:
// hospitals are saved only under lock, those of one region per transaction, as
// the model has settled them, and a transaction that fails leaves nothing. What
// is no hospital's business it does not have: a call of it is a nil pointer.
type memory struct {
	model.Store
	mu        sync.Mutex // one transaction at a time, and hints
	now       feed.Time
	hospitals map[string]model.Hospital
	keys      map[string]json.RawMessage
	runs      []model.Run
	audit     []model.Entry
	commands  map[string]*model.Remembered // by actor and key
	writes    int                          // transactions that took locks
	hints     []feed.Hint                  // of the regions' feeds
	told      int                          // transactions that only told the administrators
	broken    string                       // a region whose transactions fail
	blind     bool                         // Hospitals fails
	deadlock  func()                       // if any: the next transaction is tried once, lost, and tried again after this
	forgets   bool                         // the planted fault: the last hospital of a save is lost
}

func newMemory() *memory {
	return &memory{now: noon, hospitals: map[string]model.Hospital{}, keys: map[string]json.RawMessage{}, commands: map[string]*model.Remembered{}}
}

func (m *memory) Publish(hints ...feed.Hint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range hints {
		if feed.Private(h.Feed) {
			m.told++
		} else {
			m.hints = append(m.hints, h)
		}
	}
}

func (m *memory) EndRun(_ context.Context, run model.Run) error {
	m.runs = append(m.runs, run)
	return nil
}

func (m *memory) Hospitals(context.Context) (map[string]model.Hospital, error) {
	if m.blind {
		return nil, errors.New("dial tcp user:secret@db: refused")
	}
	return maps.Clone(m.hospitals), nil
}

func (m *memory) Value(_ context.Context, feedName, key string) (json.RawMessage, error) {
	return m.keys[feedName+" "+key], nil
}

func (m *memory) Overdue(context.Context) (ids []string, err error) {
	for id, h := range m.hospitals {
		over := false
		for _, c := range h.Corrections {
			over = over || c.EndsAt <= m.now
		}
		for _, w := range h.Words {
			over = over || w.EndsAt <= m.now
		}
		for _, a := range h.Announcements {
			over = over || a.Source == model.SourceConsole && a.EndsAt <= m.now-model.KeepAnnouncementMS
		}
		if over {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (m *memory) HospitalsAt(_ context.Context, f model.HospitalFilter) (model.Capacity, error) {
	c := model.Capacity{Now: m.now, Hospitals: map[string]model.Hospital{}}
	for id, h := range m.hospitals {
		if (f.IDs == nil || slices.Contains(f.IDs, id)) && (f.Regions == nil || slices.Contains(f.Regions, h.Region)) {
			c.Hospitals[id] = h
		}
	}
	return c, nil
}

func (m *memory) Recall(_ context.Context, actor, key string) (*model.Remembered, error) {
	return m.commands[actor+" "+key], nil
}

func (m *memory) Write(ctx context.Context, change func(context.Context, model.Tx) error) (string, []feed.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	tx := &memoryTx{memory: m, touched: map[string]json.RawMessage{}}
	if meanwhile := m.deadlock; meanwhile != nil {
		m.deadlock = nil
		if err := change(ctx, &memoryTx{memory: m, touched: map[string]json.RawMessage{}}); err != nil {
			return "", nil, err
		}
		meanwhile()
	}
	if err := change(ctx, tx); err != nil {
		return "", nil, err
	}
	for _, h := range tx.saved {
		tx.touchDifference(m.hospitals[h.ID], h)
		m.hospitals[h.ID] = h
	}
	m.audit = append(m.audit, tx.signed...)
	maps.Copy(m.commands, tx.remembered)
	moved := map[string]bool{}
	for key, value := range tx.touched {
		feedName, _, _ := strings.Cut(key, " ")
		if string(m.keys[key]) == string(value) {
			continue
		}
		if moved[feedName], m.keys[key] = true, value; value == nil {
			delete(m.keys, key)
		}
	}
	var events []feed.Event
	for _, name := range slices.Sorted(maps.Keys(moved)) {
		events = append(events, feed.Event{Feed: name, Keys: json.RawMessage("[]")})
	}
	return "epoch", events, nil
}

// touchDifference puts and removes the keys that differ.
func (t *memoryTx) touchDifference(before, after model.Hospital) {
	if before.ID != "" {
		for key := range before.Keys() {
			t.touched[before.Feed()+" "+key] = nil
		}
	}
	for key, value := range after.Keys() {
		t.touched[after.Feed()+" "+key] = value
	}
}

// key is the value of a hospital's key in whatever region it is, "" when it has
// none; the feeds are named with it.
func (m *memory) key(id, name string) (value, feeds string) {
	for key, v := range m.keys {
		if in, k, _ := strings.Cut(key, " "); k == id+"/"+name {
			value, feeds = string(v), feeds+in
		}
	}
	return value, feeds
}

// has reports whether a screen holds the beds of a hospital.
func (m *memory) has(id string) bool { v, _ := m.key(id, "egen"); return v != "" }

// egen is E-Gen's last observation of a hospital.
func (m *memory) egen(id string) model.Observed {
	return m.hospitals[id].Observed[model.SourceBeds]
}

func regionOf(h model.Hospital, id string) string {
	if h.Region != "" {
		return h.Region
	}
	code, _ := model.RegionOfHospital(id)
	return code
}

type memoryTx struct {
	*memory
	model.Tx
	locked  []string
	saved   []model.Hospital
	touched map[string]json.RawMessage // by feed and key; nil is gone

	signed     []model.Entry
	remembered map[string]*model.Remembered
}

func (t *memoryTx) Recall(ctx context.Context, actor, key string) (*model.Remembered, error) {
	return t.memory.Recall(ctx, actor, key)
}

// Holder knows no sessions and no keys: what there is not is refused at the edge.
func (t *memoryTx) Holder(context.Context, model.Principal) (model.Holder, error) {
	return model.Holder{}, nil
}

func (t *memoryTx) Sign(_ context.Context, call model.Call, did model.Deed, result json.RawMessage) error {
	actor := "system"
	if call.By.Subject != "" || call.By.Key != "" {
		actor = call.By.Actor()
	}
	t.signed = append(t.signed, model.Entry{Actor: actor, Subject: did.Subject, Operation: did.Operation, Detail: did.Detail, Reason: call.Reason})
	if call.Key != "" {
		t.remembered = map[string]*model.Remembered{actor + " " + call.Key: {Digest: call.Digest, Result: result}}
	}
	return nil
}

func (t *memoryTx) Now() feed.Time { return t.now }

func (t *memoryTx) Put(feedName, key string, value any) error {
	b, err := json.Marshal(value)
	t.touched[feedName+" "+key] = b
	return err
}

func (t *memoryTx) Remove(feedName, key string) error {
	t.touched[feedName+" "+key] = nil
	return nil
}

func (t *memoryTx) LockHospitals(_ context.Context, ids []string) (map[string]model.Hospital, error) {
	t.writes++
	if t.locked != nil || !slices.IsSorted(ids) {
		return nil, errors.New("locks are taken once, in the order of ids")
	}
	t.locked = ids
	rows := map[string]model.Hospital{}
	for _, id := range ids {
		h, known := t.hospitals[id]
		region := regionOf(h, id)
		if regionOf(t.hospitals[ids[0]], ids[0]) != region {
			return nil, errors.New("two regions in one transaction")
		}
		if region == t.broken {
			return nil, fault.New(fault.Unavailable, "the database is busy")
		}
		if known {
			rows[id] = h
		}
	}
	return rows, nil
}

func (t *memoryTx) SaveHospitals(_ context.Context, list []model.Hospital) error {
	for _, h := range list {
		if !slices.Contains(t.locked, h.ID) {
			return fmt.Errorf("%s is saved without a lock", h.ID)
		}
		if h.Region == "" {
			return fmt.Errorf("%s is saved without a region", h.ID)
		}
	}
	if t.forgets && len(list) > 0 {
		list = list[:len(list)-1]
	}
	t.saved = append(t.saved, list...)
	return nil
}

// beds observes one hospital with so many free beds.
func beds(id string, at feed.Time, free int) model.Observation {
	return model.Observation{HospitalID: id, Name: "병원 " + id, ObservedAt: at, Readings: model.Readings{
		"er.general": {State: model.Known, Value: free},
	}}
}

func poll(complete bool, list ...model.Observation) model.Poll {
	return model.Poll{Source: model.SourceBeds, IntervalMS: 5000, Complete: complete, Rows: list}
}

// take records a poll a second after the one before.
func (m *memory) take(t *testing.T, p model.Poll) model.Run {
	t.Helper()
	m.now += second
	run, err := model.NewService(m, m).RecordPoll(t.Context(), fmt.Sprint("run", len(m.runs)), p)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

const (
	seoul, seoul2, busan, daegu = "A1100001", "A1100002", "A1200001", "A1300001"
)

func TestWhereNothingMovedNothingIsWritten(t *testing.T) {
	m := newMemory()
	p := poll(true, beds(seoul, noon, 3), beds(busan, noon, 0))
	first := m.take(t, p)
	if first.Changed != 2 || !first.Complete || m.writes != 2 || len(m.hints) != 2 {
		t.Fatalf("%+v, %d writes, %d hints", first, m.writes, len(m.hints))
	}
	again := m.take(t, p)
	if again.Changed != 0 || !again.Complete || m.writes != 2 || len(m.hints) != 2 || len(m.runs) != 2 {
		t.Errorf("%+v, %d writes, %d runs", again, m.writes, len(m.runs))
	}
	if got := m.take(t, poll(true, beds(seoul, noon, 3), beds(busan, noon+second, 0))); got.Changed != 1 || m.writes != 3 {
		t.Errorf("a source's time moved: %+v, %d writes", got, m.writes)
	}
}

func TestTheRunRowSaysWhatHappened(t *testing.T) {
	m := newMemory()
	run := m.take(t, model.Poll{Source: "s", StartedAt: 7, IntervalMS: 9, Complete: true, Rejected: []string{"row 3: no hpid"},
		Rows: []model.Observation{beds(seoul, noon, 1), beds("A9999999", noon, 1), beds("no id", noon, 1)}})
	row := m.runs[0]
	if row.ID != "run0" || row.Source != "s" || row.StartedAt != 7 || row.IntervalMS != 9 || row.Rows != 3 || row.Changed != 1 || len(row.Rejected) != 3 || !row.Complete {
		t.Errorf("%+v", row)
	}
	if run.ID != row.ID || len(m.hospitals) != 1 {
		t.Errorf("%+v, %d hospitals", run, len(m.hospitals))
	}
}

func TestOnlyTwoCompletePollsRemoveAHospital(t *testing.T) {
	m := newMemory()
	all, rest := poll(true, beds(seoul, noon, 3), beds(busan, noon, 1)), poll(true, beds(busan, noon, 1))
	half, empty := poll(false, beds(busan, noon, 1)), poll(false)
	m.take(t, all)
	for i, step := range []struct {
		p     model.Poll
		there bool
	}{
		{half, true}, {half, true}, {empty, true}, {half, true}, // a half answer never removes
		{rest, true}, {all, true}, // nor does one complete poll; being seen forgives it
		{rest, true}, {half, true}, {rest, false}, // two do, with a half one between them
		{rest, false}, {all, true}, // and it comes back
	} {
		if m.take(t, step.p); m.has(seoul) != step.there || !m.has(busan) {
			t.Errorf("step %d: 서울 there: %v", i, m.has(seoul))
		}
	}
	writes := m.writes
	m.take(t, rest)
	m.take(t, rest)
	m.take(t, rest)
	if m.has(seoul) || m.writes != writes+2 {
		t.Errorf("a withdrawn hospital is written again and again: %d writes", m.writes-writes)
	}
}

func TestAHospitalComesBackWithTheSameObservation(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	came := m.egen(seoul).ReceivedAt
	m.take(t, poll(true))
	m.take(t, poll(true))
	gone := m.has(seoul)
	m.take(t, poll(true, beds(seoul, noon, 3)))
	if h := m.hospitals[seoul]; gone || !m.has(seoul) || h.Missed[model.SourceBeds] != 0 || m.egen(seoul).ReceivedAt != came {
		t.Errorf("still there %v, back %v, %+v", gone, m.has(seoul), h)
	}
}

func TestReceivedAtBelongsToTheObservation(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	came := m.now
	renamed := beds(seoul, noon, 3)
	renamed.Tel = "02-958-8114"
	if m.take(t, poll(true, renamed)); m.hospitals[seoul].Tel != renamed.Tel || m.egen(seoul).ReceivedAt != came {
		t.Errorf("%+v", m.hospitals[seoul])
	}
	if m.take(t, poll(true, beds(seoul, noon, 4))); m.egen(seoul).ReceivedAt != m.now {
		t.Error("other beds at the same time are another observation")
	}
	if m.take(t, poll(true, beds(seoul, noon+second, 4))); m.egen(seoul).ReceivedAt != m.now {
		t.Error("the same beds at another time are another observation")
	}
}

func TestOfTwoRowsTheNewerCounts(t *testing.T) {
	for _, list := range [][]model.Observation{
		{beds(seoul, noon, 1), beds(seoul, noon+second, 2)},
		{beds(seoul, noon+second, 2), beds(seoul, noon, 1)},
		{beds(seoul, 0, 1), beds(seoul, noon, 2)},
		{beds(seoul, noon, 2), beds(seoul, 0, 1)},
		{beds(seoul, noon, 2), beds(seoul, noon, 1)},
	} {
		m := newMemory()
		if run := m.take(t, poll(true, list...)); m.hospitals[seoul].Readings["er.general"].Value != 2 || run.Rows != 2 || run.Changed != 1 {
			t.Errorf("%+v: %+v", list, m.hospitals[seoul])
		}
	}
}

// Which of two observations is shown, by their times.
func TestWhichObservationCounts(t *testing.T) {
	const skew = 2 * minute
	for name, c := range map[string]struct {
		held, came feed.Time
		replaced   bool
	}{
		"newer":                             {noon, noon + second, true},
		"the same time, other beds":         {noon, noon, true},
		"older":                             {noon, noon - second, false},
		"years older":                       {noon, 1, false},
		"held a little in the future":       {noon + skew, noon, false},
		"held in the future":                {noon + skew + minute, noon, true},
		"held far in the future":            {noon * 2, noon, true},
		"held in the future, older arrives": {noon * 2, noon - 60*minute, true},
		"from the future":                   {noon, noon * 2, true},
		"unreadable":                        {noon, 0, true},
		"held unreadable":                   {0, noon, true},
		"held unreadable, years old":        {0, 1, true},
		"both unreadable":                   {0, 0, true},
	} {
		m := newMemory()
		m.take(t, poll(true, beds(seoul, c.held, 1)))
		m.take(t, poll(true, beds(seoul, c.came, 2)))
		h := m.hospitals[seoul]
		want := model.SourceTimes{ObservedAt: c.held, ReceivedAt: noon + second}
		if c.replaced {
			want = model.SourceTimes{ObservedAt: c.came, ReceivedAt: noon + 2*second}
		}
		if m.egen(seoul).SourceTimes != want || (h.Readings["er.general"].Value == 2) != c.replaced {
			t.Errorf("%s: %+v, want %+v", name, h, want)
		}
	}
}

// What was a time of the future once is an ordinary time when it has come.
func TestAFutureTimeProtectsOnceItIsPast(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon+10*minute, 1)))
	m.now += 20 * minute
	m.take(t, poll(true, beds(seoul, noon+5*minute, 2)))
	if got := m.hospitals[seoul].Readings["er.general"].Value; got != 1 {
		t.Errorf("an older observation won: %d", got)
	}
}

func TestAnUnreadableTimeIsStaleAndDoesNotFlutter(t *testing.T) {
	m := newMemory()
	p := poll(true, beds(seoul, 0, 1))
	m.take(t, p)
	if run := m.take(t, p); run.Changed != 0 || m.writes != 1 {
		t.Errorf("%+v, %d writes", run, m.writes)
	}
	if got := feed.DefaultTimings.FreshnessOf(m.egen(seoul).ObservedAt, m.now.Std()); got != feed.Stale {
		t.Error(got)
	}
}

func TestAReportOfNothingIsAReport(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, model.Observation{HospitalID: seoul}))
	if v, _ := m.key(seoul, "egen"); !strings.Contains(v, `"observed_at":null,"received_at":"20`) {
		t.Errorf("/egen is %q", v)
	}
}

func TestARegionThatFailsStopsNoOther(t *testing.T) {
	m := newMemory()
	m.broken = "26"
	p := poll(true, beds(seoul, noon, 3), beds(busan, noon, 1), beds(daegu, noon, 2))
	run, err := model.NewService(m, m).RecordPoll(t.Context(), "r", p)
	if err == nil || !strings.Contains(err.Error(), "region 26") || run.Complete || run.Changed != 2 || run.Error != "the database is busy" {
		t.Errorf("%+v, %v", run, err)
	}
	if !m.has(seoul) || !m.has(daegu) || m.has(busan) || len(m.hints) != 2 || len(m.runs) != 1 || m.runs[0].Complete || m.runs[0].Error == "" {
		t.Errorf("%d hints, runs %+v", len(m.hints), m.runs)
	}
	m.broken = ""
	if again := m.take(t, p); !again.Complete || again.Changed != 1 || !m.has(busan) {
		t.Errorf("the next poll does not mend it: %+v", again)
	}
}

func TestADatabaseThatCannotBeReadChangesNothing(t *testing.T) {
	m := newMemory()
	m.blind = true
	run, err := model.NewService(m, m).RecordPoll(t.Context(), "r", poll(true, beds(seoul, noon, 3)))
	if err == nil || run.Complete || run.ID != "r" || m.writes != 0 || len(m.runs) != 0 {
		t.Errorf("%+v, %v", run, err)
	}
}
