package reserve

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// item is the kind of bed of which everything here is.
const item = "er.general"

// A Row is a reservation as it was told or read.
type Row struct {
	ID          string `json:"id"`
	Case        string `json:"case"`
	Hospital    string `json:"hospital"`
	State       string `json:"state"`
	End         string `json:"end"`
	Version     uint64 `json:"version"`
	CaseVersion uint64 `json:"case_version"`
	Command     string `json:"command"`
	Overridden  bool   `json:"overridden"`
	Escalation  int    `json:"escalation"`
}

// going reports whether the reservation is asked or approved.
func (r Row) going() bool { return r.State == "pending" || r.State == "approved" }

// A CaseRow is a case as it was told.
type CaseRow struct {
	State   string `json:"state"`
	Winner  string `json:"winner"`
	Version uint64 `json:"version"`
	Command string `json:"command"`
}

// A Load is what a hospital's region was told of its beds.
type Load struct {
	Held   int `json:"held"`
	Coming int `json:"coming"`
	Asked  int `json:"asked"`
}

// Told is what feeds say of one transaction: the answer of a command as far as
// its caller may read them, or the events themselves.
type Told struct {
	Region uint64             // the number in the region's feed; 0: nothing was said there
	Rows   map[string]Row     // reservations, by id
	Cases  map[string]CaseRow // by id
	Loads  map[string]Load    // by hospital
	Pushed map[string]int64   // when the observation was made that was taken, ms, by hospital
	Beds   map[string]int     // what is shown of their beds, by hospital
}

// A key is one of an event.
type key struct {
	Key   string
	Seq   uint64
	Gone  bool
	Value json.RawMessage
}

func newTold() *Told {
	return &Told{Rows: map[string]Row{}, Cases: map[string]CaseRow{}, Loads: map[string]Load{}, Pushed: map[string]int64{}, Beds: map[string]int{}}
}

// hear takes down what one feed says.
func (t *Told) hear(feed string, seq uint64, keys []key) error {
	if strings.HasPrefix(feed, "region:") {
		t.Region = seq
	}
	for _, k := range keys {
		if err := t.hearKey(k); err != nil {
			return fmt.Errorf("%s %d: %s: %w", feed, seq, k.Key, err)
		}
	}
	return nil
}

func (t *Told) hearKey(k key) error {
	kind, id, _ := strings.Cut(k.Key, "/")
	switch {
	case kind == "reservation" || kind == "request":
		if k.Gone {
			return nil
		}
		r, err := read[Row](k.Value)
		r.ID = id
		t.Rows[id] = r
		return err
	case kind == "case":
		if k.Gone {
			return nil
		}
		c, err := read[CaseRow](k.Value)
		t.Cases[id] = c
		return err
	case id == "load":
		all, err := readUnlessGone[map[string]Load](k)
		t.Loads[kind] = all[item] // of nothing: nothing is held
		return err
	case id == "push":
		pushed, err := readUnlessGone[struct {
			At time.Time `json:"observed_at"`
		}](k)
		t.Pushed[kind] = pushed.At.UnixMilli()
		return err
	case id == "er":
		all, err := readUnlessGone[map[string]struct{ Value int }](k)
		t.Beds[kind] = all[item].Value
		return err
	}
	return nil
}

func read[V any](text []byte) (v V, err error) {
	err = json.Unmarshal(text, &v)
	return v, err
}

func readUnlessGone[V any](k key) (v V, err error) {
	if k.Gone {
		return v, nil
	}
	return read[V](k.Value)
}
