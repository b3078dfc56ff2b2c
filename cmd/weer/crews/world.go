package crews

import (
	"sync"
	"time"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

// A world is what all people of a simulation have in common.
type world struct {
	seed  uint64
	speed float64
	every time.Duration // about so long a crew has no patient
	spare []string      // hpids of hospitals where a person may answer
}

// real is how long a time of people takes here.
func (w world) real(d time.Duration) time.Duration { return time.Duration(float64(d) / w.speed) }

// minutes of driving to each hospital from where a case's patient lies.
func (w world) minutes(s scene, id string) map[string]float64 {
	return courseOf(w.seed, id).minutes(s.cards, w.spare)
}

// rank puts the region's hospitals in order for a patient.
func (w world) rank(s scene, id string, v model.CaseValue) []model.Ranked {
	return model.Rank(s.cards, model.Need{
		Triage:  model.Triage{KTAS: v.KTAS, Category: v.Category, Kind: v.Kind, AgeBand: v.AgeBand, Sex: v.Sex},
		Minutes: w.minutes(s, id), Now: feed.At(s.now), Timings: s.timings,
	}, model.Weights{})
}

// arrival is when a patient who leaves now will be at a hospital; 0 when nobody
// knows the way.
func (w world) arrival(now time.Time, r model.Ranked) feed.Time {
	way, known := r.Fact(model.PartMinutes)
	if !known || way.Code != model.FactMinutes {
		return 0
	}
	return feed.At(now.Add(w.real(time.Duration(way.Minutes * float64(time.Minute)))))
}

// A ground is the board of a region, read once for all who look at it.
type ground struct {
	client *client.Client
	board  *client.Display

	mu    sync.Mutex
	at    feed.Cursor
	cards []model.Card
}

// look returns the region's hospitals as they are now, and by what their numbers
// are judged. The cards are everybody's: nobody changes them.
func (g *ground) look() ([]model.Card, feed.Timings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := g.board.Cursor(); at != g.at {
		g.at, g.cards = at, client.Cards(g.board)
	}
	w, _ := g.client.Welcome()
	return g.cards, w.Timings
}
