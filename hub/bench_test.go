package hub_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// benchClient signs in, follows feeds and reads until they are proved, with as
// little as possible of its own, so that the hub is what is measured.
func benchClient(b *testing.B, r *rig, feeds ...string) net.Conn {
	nc := r.dial()
	var out []byte
	out = append(out, goodHead+"Sec-WebSocket-Protocol: weer.v1\r\n\r\n"...)
	out = append(out, masked(0x81, `{"type":"auth","token":"viewer alice"}`)...)
	for _, f := range feeds {
		out = append(out, masked(0x81, `{"type":"subscribe","feed":"`+f+`"}`)...)
	}
	if _, err := nc.Write(out); err != nil {
		b.Fatal(err)
	}
	br := bufio.NewReaderSize(nc, 4096)
	if resp, err := http.ReadResponse(br, nil); err != nil || resp.StatusCode != 101 {
		b.Fatal("handshake failed", err)
	}
	c := &rawClient{t: b, nc: nc, br: br}
	for beats := 0; beats < len(feeds); {
		_, payload := c.frame()
		if payload == nil {
			b.Fatal("the connection ended")
		}
		if strings.HasPrefix(string(payload), `{"type":"beat"`) {
			beats++
		}
	}
	return nc
}

// BenchmarkIdleConnection prints what an idle, signed-in connection that
// follows a region holds: heap and stack of hub and server, without the client,
// whose sockets are file descriptors here.
func BenchmarkIdleConnection(b *testing.B) {
	const n = 2000
	r := newRig(b).overTCP()
	r.book.page(seoul).set("A/er", 1)
	clients := make([]net.Conn, 0, n)
	defer func() {
		for _, nc := range clients {
			_ = nc.Close()
		}
	}()
	clients = append(clients, benchClient(b, r, seoul))
	before, goroutines := held(), runtime.NumGoroutine()
	for b.Loop() {
		for range n {
			clients = append(clients, benchClient(b, r, seoul))
		}
	}
	after := held()
	made := float64(len(clients) - 1)
	b.ReportMetric((after.heap+after.stack-before.heap-before.stack)/made, "B/conn")
	b.ReportMetric((after.heap-before.heap)/made, "heap-B/conn")
	b.ReportMetric((after.stack-before.stack)/made, "stack-B/conn")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/made, "goroutines/conn")
	if got := r.hub.Stats().Subscriptions; int(got) != len(clients) {
		b.Fatalf("%d of %d follow", got, len(clients))
	}
}

type memory struct{ heap, stack float64 }

// held is the heap and stack in use, after what can be freed was freed.
func held() memory {
	var m runtime.MemStats
	for range 8 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return memory{float64(m.HeapInuse), float64(m.StackInuse)}
}

// BenchmarkFanOut prints what one delivery costs: an event of about 300 bytes to
// 1,000 connections of one feed. paced waits until every connection has it
// before the next event; burst publishes 32 at once. The clients' reads run in
// the same process and are part of the figure.
func BenchmarkFanOut(b *testing.B) {
	for name, burst := range map[string]int{"paced": 1, "burst": 32} {
		b.Run(name, func(b *testing.B) { fanOut(b, 1000, burst) })
	}
}

func fanOut(b *testing.B, n, burst int) {
	r := newRig(b).overTCP()
	p := r.book.page(seoul)
	var got atomic.Int64
	arrived := make(chan struct{}, 1)
	for range n {
		nc := benchClient(b, r, seoul)
		defer func() { _ = nc.Close() }()
		go count(nc, &got, arrived)
	}
	value := map[string]string{"v": strings.Repeat("x", 200)}
	want := got.Load()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	writes, deliveries := r.hub.Stats().Writes, 0
	start := time.Now()
	for b.Loop() {
		for i := range burst {
			p.step(fmt.Sprintf("H%02d/er", i), value)
		}
		p.wake()
		want += int64(n * burst)
		deliveries += n * burst
		for got.Load() < want {
			<-arrived
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	per := float64(deliveries)
	b.ReportMetric(float64(took.Nanoseconds())/per, "ns/delivery")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/per, "allocs/delivery")
	b.ReportMetric(float64(r.hub.Stats().Writes-writes)/per, "writes/delivery")
	b.ReportMetric(0, "ns/op")
}

// count counts event frames by their from field, which each has once.
func count(nc net.Conn, got *atomic.Int64, arrived chan<- struct{}) {
	br := bufio.NewReaderSize(nc, 16<<10)
	var payload [4096]byte
	for {
		h, err := br.Peek(4)
		if err != nil {
			return
		}
		size, head := int(h[1]), 2
		if size == 126 {
			size, head = int(binary.BigEndian.Uint16(h[2:])), 4
		}
		_, _ = br.Discard(head)
		if _, err := io.ReadFull(br, payload[:size]); err != nil {
			return
		}
		if strings.HasPrefix(string(payload[:14]), `{"type":"event`) {
			got.Add(1)
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
	}
}
