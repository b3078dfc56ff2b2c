package follow

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"weer/model/feed"
)

// region makes a feed with 74 hospitals of 6 keys, as Seoul's.
func region(tb testing.TB) *desk {
	k := newDesk(seoul)
	for i := range 74 {
		keys := map[string]string{}
		for _, g := range []string{"hospital", "egen", "er", "icu", "beds", "equipment"} {
			keys[fmt.Sprintf("A11%05d/%s", i, g)] = strings.Repeat("v", 300)
		}
		k.write(keys)
	}
	k.load(tb)
	return k
}

func BenchmarkApply(b *testing.B) {
	k := region(b)
	list := make([]feed.Hint, 4096)
	for i := range list {
		list[i] = k.db.write(seoul, map[string]string{fmt.Sprintf("A11%05d/er", i%74): strings.Repeat("w", 300), fmt.Sprintf("A11%05d/egen", i%74): "t"})
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == len(list) {
			b.StopTimer()
			fresh := newDesk(seoul)
			k.feed, i = fresh.feed, 0
			p := picture{Snapshot: feed.Snapshot{Epoch: k.db.epoch}, state: feed.NewState(true), agrees: true}
			for _, h := range k.hints {
				keys, _ := h.Entries()
				p.state.Apply(h.From, h.To, keys) //nolint:errcheck // the fixture
			}
			p.Seq, p.Digest = p.state.Seq(), p.state.Digest()
			k.feed.replica.install(p)
			b.StartTimer()
		}
		a, err := decode(list[i].Epoch, list[i].Event)
		if err != nil {
			b.Fatal(err)
		}
		if o := k.feed.replica.hint(a); o.applied != 1 {
			b.Fatalf("event %d was not applied: %+v", i, o)
		}
		i++
	}
}

func BenchmarkMerge(b *testing.B) {
	for _, since := range []uint64{64, 0} {
		b.Run(fmt.Sprintf("of%dhospitals", 74-since), func(b *testing.B) {
			k := region(b)
			p := k.feed.Start(k.db.epoch, since)
			b.ReportAllocs()
			for b.Loop() {
				k.feed.replica.cache = cache{}
				if t := k.feed.Tail(p); len(t.Packets) != 1 {
					b.Fatal("no merge")
				}
			}
		})
	}
}

func BenchmarkResetEncode(b *testing.B) {
	k := region(b)
	b.ReportAllocs()
	for b.Loop() {
		k.feed.replica.cache = cache{}
		p := k.feed.Reset(feed.ReasonAsked).Packets[0]
		f := p.Frame("plain", func() []byte { out, _ := json.Marshal(p.Reset); return out })
		b.SetBytes(int64(len(f)))
	}
}

// BenchmarkTailOfAThousandScreens is what a moved feed costs before the sockets.
func BenchmarkTailOfAThousandScreens(b *testing.B) {
	k := region(b)
	k.write(map[string]string{"A1100000/er": "x"})
	k.hear(b)
	p := k.feed.Start(k.db.epoch, 74)
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			if len(k.feed.Tail(p).Packets) != 1 {
				b.Fatal("no event")
			}
		}
	}
}
