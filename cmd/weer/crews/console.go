package crews

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

// A console is the people of one hospital who answer.
type console struct {
	world
	hospital string
}

// A manner is how a hospital takes one request, as far as chance has a say in it.
type manner struct {
	shown, sounded, opened time.Duration // after it was asked; 0 never
	answers                time.Duration // after it was asked; 0 never
	mood                   float64       // a yes where this is below how willing the hospital is
	refuses                model.AnnouncementReason
	full                   model.AnnouncementReason // when no bed is left
	announces              bool
	undoes, withdraws      time.Duration // after the yes; 0 never
	handsOver              time.Duration // after the arrival
}

func mannerOf(seed uint64, request string) manner {
	r := luck(seed, "request", request)
	m := manner{
		shown: between(r, time.Second, 4*time.Second), answers: between(r, answerLeast, answerMost), mood: r.Float64(),
		refuses: pick(r, refusals), full: pick(r, full), announces: chance(r, announces),
		undoes: sometimes(r, undoes, undoLeast, undoMost), withdraws: sometimes(r, withdraws, withdrawLeast, withdrawMost),
		handsOver: between(r, handOverLeast, handOverMost),
	}
	m.hears(r)
	return m
}

// hears draws how far the request comes to people before somebody answers.
func (m *manner) hears(r *rand.Rand) {
	if chance(r, hasSound) {
		m.sounded = m.shown
	}
	if chance(r, isSilent) {
		m.answers = 0
		return
	}
	m.opened = m.shown + (m.answers-m.shown)/2
}

// acks is what the console proves of requests and their hospital was not told
// before: the highest rungs, for what sounded or was opened was shown, and what was
// shown was pushed.
func (c console) acks(s scene) (acks []feed.Ack) {
	for _, id := range slices.Sorted(maps.Keys(s.requests)) {
		r, m := s.requests[id], mannerOf(c.seed, id)
		if !r.State.Goes() {
			continue
		}
		prove := func(rung model.Rung, told feed.Time, after time.Duration) bool {
			due := told == 0 && after != 0 && c.since(s.now, r.AskedAt, after)
			if due {
				acks = append(acks, feed.Ack{ID: id, Rung: string(rung)})
			}
			return due
		}
		sounded := prove(model.RungSounded, r.SoundedAt, m.sounded)
		opened := prove(model.RungOpened, r.OpenedAt, m.opened)
		if !sounded && !opened && !prove(model.RungShown, r.ShownAt, m.shown) && r.PushedAt == 0 {
			acks = append(acks, feed.Ack{ID: id, Rung: string(model.RungPushed)})
		}
	}
	return acks
}

// next is what the console does next; nil is to wait.
func (c console) next(s scene) deed {
	for _, id := range slices.Sorted(maps.Keys(s.requests)) {
		if d := c.at(s, id); d != nil {
			return d
		}
	}
	return nil
}

func (c console) at(s scene, id string) deed {
	r, m := s.requests[id], mannerOf(c.seed, id)
	switch r.State {
	case model.Pending:
		if m.answers != 0 && c.since(s.now, r.AskedAt, m.answers) {
			return c.answers(s, id)
		}
	case model.Approved:
		return c.keeps(s, id)
	case model.Arrived:
		if r.HandedOverAt == 0 && c.since(s.now, r.ArrivedAt, m.handsOver) {
			return handOver{id}
		}
	}
	return nil
}

// answers says yes or no, by what is left for the next patient.
func (c console) answers(s scene, id string) deed {
	r, m := s.requests[id], mannerOf(c.seed, id)
	net, often := c.willing(s, r)
	switch {
	case m.mood < often && net.Full():
		return approve{id, client.Yes{CaseVersion: r.CaseVersion, Override: "처치실 한 자리를 비웁니다 (모의)"}}
	case m.mood < often:
		return approve{id, client.Yes{CaseVersion: r.CaseVersion}}
	}
	no := reject{ID: id, Reason: m.refuses}
	if net.Full() {
		no.Reason = m.full
	}
	if m.announces {
		no.Until = feed.At(s.now.Add(max(leastAnnounced, c.real(announcedFor))))
	}
	return no
}

// willing is how often the hospital says yes to such a request, and what is left
// there.
func (c console) willing(s scene, r model.RequestValue) (net model.Net, often float64) {
	i := slices.IndexFunc(s.cards, func(card model.Card) bool { return card.ID == c.hospital })
	if i < 0 {
		return net, unknown
	}
	card := &s.cards[i]
	net = card.Net(r.Item, feed.At(s.now), s.timings)
	switch said := card.Declarations[r.Category]; {
	case net.Full():
		return net, insists
	case r.Category != "" && said.State == model.Refuses:
		return net, declined
	case net.State != model.NetKnown:
		return net, unknown
	}
	for _, w := range willing {
		if often = w.often; net.Free >= w.free {
			break
		}
	}
	return net, often
}

// keeps is a console with a patient on the way.
func (c console) keeps(s scene, id string) deed {
	r, m := s.requests[id], mannerOf(c.seed, id)
	soon := r.AnsweredAt.Std().Add(min(c.real(m.undoes), m.undoes))
	switch {
	case r.WorseVersion > r.AckedVersion:
		return acknowledge{id, r.CaseVersion}
	case r.Designated:
		return nil
	case m.undoes != 0 && !s.now.Before(soon) && s.now.Before(r.AnsweredAt.Std().Add(undoMost)):
		return withdraw{ID: id}
	case m.withdraws != 0 && c.since(s.now, r.AnsweredAt, m.withdraws):
		return withdraw{id, m.refuses}
	}
	return nil
}
