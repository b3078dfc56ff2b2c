package store

import (
	"testing"

	"weer/deploy/lab"
	"weer/model/fault"
)

// A read that finds no database says so, as a write does: whoever asks comes
// again, and nobody looks for a mistake of ours.
func TestAReadOfADatabaseThatIsAway(t *testing.T) {
	server := lab.StartMariaDB(t)
	db := open(t, server.Database(t), Options{})
	if _, err := db.Reservation(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if _, err := db.Reservation(t.Context(), "r"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("one: %v", err)
	}
	if _, err := db.Snapshot(t.Context(), "region:11"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("of one moment: %v", err)
	}
	server.Start()
	if _, err := db.Reservation(t.Context(), "r"); err != nil {
		t.Errorf("back: %v", err)
	}
}
