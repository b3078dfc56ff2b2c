package main

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"weer/ingest"
	"weer/model/feed"
)

// metrics are everything that /metrics says. Names end in their unit, counters
// in _total; labels have few values: never a path, a hospital or an account.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	kinds    sync.Map // answerKind → answers: both vectors look their labels up slowly
}

func newMetrics(n *node) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weer_http_requests_total", Help: "Requests answered, sockets apart.",
		}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "weer_http_request_seconds", Help: "Time to answer a request, sockets apart.",
			Buckets: []float64{.001, .005, .025, .1, .25, 1, 5},
		}, []string{"route"}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.took, nodeCollector{n},
	)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

func (m *metrics) observe(method, route string, status int, took time.Duration) {
	k := answerKind{method, route, status}
	held, ok := m.kinds.Load(k)
	if !ok {
		held, _ = m.kinds.LoadOrStore(k, answers{
			m.requests.WithLabelValues(method, route, strconv.Itoa(status)), m.took.WithLabelValues(route),
		})
	}
	a := held.(answers)
	a.count.Inc()
	a.took.Observe(took.Seconds())
}

// An answerKind is what answers are counted by. There are as many as routes,
// methods and statuses, none of which a client can make up.
type answerKind struct {
	method, route string
	status        int
}

type answers struct {
	count prometheus.Counter
	took  prometheus.Observer
}

// nodeCollector reads the parts' own counters when it is asked, each part once.
type nodeCollector struct{ *node }

// Describe says nothing: what there is depends on the node's roles.
func (nodeCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (n nodeCollector) Collect(to chan<- prometheus.Metric) {
	s := sink{to}
	s.gauge("weer_build_info", "Always 1; the labels say what runs.", 1, "build", build(), "mode", n.db.Mode())
	n.follow(s)
	n.hints(s)
	n.deadlines(s)
	if n.hub != nil {
		n.screens(s)
	}
	if n.hooks != nil {
		n.posts(s)
	}
	if n.poller != nil {
		n.polls(s)
	}
}

func (n nodeCollector) follow(s sink) {
	st, f := n.follower.Stats(), n.follower.Facts()
	s.gauge("weer_feeds", "Feeds that this node holds.", float64(st.Feeds))
	s.gauge("weer_feeds_unproved", "Feeds whose digest is wrong in the database: run weer feed repair.", float64(st.Unproved))
	s.gauge("weer_feeds_behind", "Feeds known to be behind the database, or not loaded yet.", float64(st.Behind))
	s.counter("weer_feed_events_total", "Events applied.", st.Applied)
	s.counter("weer_feed_holes_total", "Hints that came before their predecessor.", st.Holes)
	s.counter("weer_feed_reads_total", "Questions to the database for events.", st.Reads)
	s.counter("weer_feed_loads_total", "Snapshots taken from the database.", st.Loads)
	s.counter("weer_feed_failures_total", "Questions that the database did not answer.", st.Failures)
	s.counter("weer_feed_mismatches_total", "Digests that differed from the stored one.", st.Mismatches)
	if f.VerifiedAt == 0 {
		return
	}
	s.gauge("weer_verified_timestamp_seconds", "The database's clock at the last successful verification.", seconds(f.VerifiedAt))
	s.gauge("weer_clock_offset_seconds", "The database's clock minus this node's.", f.ClockOffset.Seconds())
	for name, source := range f.Sources {
		s.gauge("weer_source_complete_timestamp_seconds", "The last complete poll of a source, by any node.", seconds(source.CompleteAt), "source", name)
		s.gauge("weer_source_interval_seconds", "How often a source is polled.", float64(source.IntervalMS)/1000, "source", name)
	}
}

func (n nodeCollector) hints(s sink) {
	st := n.bus.Stats()
	s.gauge("weer_bus_connected", "1 while hints travel both ways.", one(st.Connected))
	s.counter("weer_bus_published_total", "Hints handed to the bus.", st.Published)
	s.counter("weer_bus_received_total", "Hints delivered to this node.", st.Received)
	s.counter("weer_bus_dropped_total", "Hints lost on this side; the database makes up for them.", st.Dropped)
}

func (n nodeCollector) deadlines(s sink) {
	s.gauge("weer_deadlines_late_seconds", "Time since the oldest deadline of a request was due that no node has kept; 0 when all are kept.", float64(n.timing.late.Load())/1000)
	s.gauge("weer_deadlines_kept_timestamp_seconds", "The last time that this node left no deadline undone, or its start.", float64(n.timing.keptAt.Load())/1000)
}

func (n nodeCollector) screens(s sink) {
	st := n.hub.Stats()
	s.gauge("weer_hub_connections", "Open sockets.", float64(st.Connections))
	s.gauge("weer_hub_unauthenticated", "Open sockets that have not signed in yet.", float64(st.Unauthenticated))
	s.gauge("weer_hub_subscriptions", "Feeds followed, over all sockets.", float64(st.Subscriptions))
	s.gauge("weer_hub_feeds", "Feeds followed by at least one socket.", float64(st.Feeds))
	s.counter("weer_hub_writes_total", "Batches handed to sockets.", st.Writes)
	s.counter("weer_hub_frames_total", "Frames sent.", st.Frames)
	s.counter("weer_hub_sent_bytes_total", "Bytes of frames sent.", st.Bytes)
	s.counter("weer_hub_merges_total", "Events sent that stand for several.", st.Merges)
	s.counter("weer_hub_disproofs_total", "Screens that found their board different from a beat's digest.", st.Disproofs)
	s.counter("weer_hub_panics_total", "Panics that ended one socket.", st.Panics)
	byLabel(s, "weer_hub_resets_total", "Snapshots sent, by reason.", "reason", st.Resets)
	byLabel(s, "weer_hub_refused_total", "Handshakes refused, by code.", "code", st.Refused)
	byLabel(s, "weer_hub_errors_total", "Error frames that left the socket open, by code.", "code", st.Errors)
	byLabel(s, "weer_hub_closes_total", "Sockets that the hub closed, by code.", "code", st.Closes)
}

func (n nodeCollector) posts(s sink) {
	st := n.hooks.Stats()
	s.gauge("weer_webhook_deliveries", "Webhooks that this node delivers now.", float64(st.Delivering))
	s.gauge("weer_webhook_due", "Webhooks that were owed something at the last look, up to a bound.", float64(st.Due))
	if !st.LookedAt.IsZero() {
		s.gauge("weer_webhook_looked_timestamp_seconds", "The last look for webhooks that the database answered.", seconds(feed.At(st.LookedAt)))
	}
	byLabel(s, "weer_webhook_requests_total", "Requests to targets, by result.", "result", st.Requests)
	s.counter("weer_webhook_events_total", "Events that targets took.", st.Events)
	s.counter("weer_webhook_resets_total", "Whole states that targets took.", st.Resets)
	s.counter("weer_webhook_suspended_total", "Webhooks paused because their owner may no longer have them.", st.Suspended)
	s.counter("weer_webhook_dead_total", "Webhooks that died on this node.", st.Dead)
	s.counter("weer_webhook_held_total", "Deliveries that failed on this side.", st.Held)
	s.counter("weer_webhook_lost_total", "Requests whose outcome came after their claim's end.", st.Lost)
	s.counter("weer_webhook_panics_total", "Panics that ended one delivery.", st.Panics)
}

func (n nodeCollector) polls(s sink) {
	st := n.poller.Stats()
	s.gauge("weer_ingest_leading", "1 while this node is the one that polls.", one(st.Leading))
	for _, o := range st.Operations {
		n.operation(s, o, st.Leading)
	}
}

// operation tells of one operation. What was asked and left is the business of
// whoever polls: another node knows an old number.
func (n nodeCollector) operation(s sink, o ingest.OperationStats, leading bool) {
	label := []string{"source", o.Source}
	s.gauge("weer_ingest_rows", "Rows in the last answer.", float64(o.Rows), label...)
	s.gauge("weer_ingest_interval_seconds", "The interval of polls now: longer than set while the budget is stretched.", o.Pace.Seconds(), label...)
	s.counter("weer_ingest_polls_total", "Polls started.", o.Polls, label...)
	s.counter("weer_ingest_changed_total", "Hospitals of which something moved, over all polls.", o.Changed, label...)
	s.counter("weer_ingest_rejected_total", "Rows that were of no use, over all polls.", o.Rejected, label...)
	for _, kind := range slices.Sorted(maps.Keys(o.Failures)) {
		s.counter("weer_ingest_failures_total", "Polls that were not complete, by kind.", o.Failures[kind], "source", o.Source, "kind", kind)
	}
	if !o.LastComplete.IsZero() {
		s.gauge("weer_ingest_complete_timestamp_seconds", "The last complete poll, as this node knows.", seconds(feed.At(o.LastComplete)), label...)
		s.gauge("weer_ingest_complete_age_seconds", "Time since the last complete poll, as this node knows.", time.Since(o.LastComplete).Seconds(), label...)
	}
	if !leading {
		return
	}
	s.gauge("weer_ingest_calls", "HTTP calls today (in Korea), by all nodes.", float64(o.Calls), label...)
	if o.Budget > 0 {
		s.gauge("weer_ingest_budget_left", "HTTP calls that are left today (in Korea).", float64(max(0, o.Budget-o.Calls)), label...)
	}
}

func seconds(t feed.Time) float64 { return float64(t) / 1000 }

// A sink takes single values; labels are pairs.
type sink struct{ to chan<- prometheus.Metric }

func (s sink) gauge(name, help string, value float64, labels ...string) {
	s.send(prometheus.GaugeValue, name, help, value, labels)
}

func (s sink) counter(name, help string, value uint64, labels ...string) {
	s.send(prometheus.CounterValue, name, help, float64(value), labels)
}

func (s sink) send(kind prometheus.ValueType, name, help string, value float64, labels []string) {
	var names, values []string
	for pair := range slices.Chunk(labels, 2) {
		names, values = append(names, pair[0]), append(values, pair[1])
	}
	s.to <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
}

func byLabel[K ~string](s sink, name, help, label string, counts map[K]uint64) {
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		s.counter(name, help, counts[key], label, string(key))
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
