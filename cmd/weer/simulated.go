package main

import (
	"bytes"
	"io"
	"net/http"
)

// inProcess lets the poller ask its own simulator: by HTTP, without a port. So
// it works whatever address the node listens on, and until the last poll of a
// node that takes no requests any more.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &recorded{header: http.Header{}, status: http.StatusOK}
	p.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil { // as a transport: who gave up gets no answer
		return nil, err
	}
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		ContentLength: int64(w.body.Len()), Body: io.NopCloser(&w.body),
	}, nil
}

// recorded is an answer in memory.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorded) Header() http.Header         { return w.header }
func (w *recorded) WriteHeader(status int)      { w.status = status }
func (w *recorded) Write(b []byte) (int, error) { return w.body.Write(b) }
