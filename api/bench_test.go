package api

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"weer/model"
	"weer/model/feed"
)

// BenchmarkBoard is what a board costs without the network: all that stands
// around a request, from the first middleware to the observation.
func BenchmarkBoard(b *testing.B) {
	s := New(Options{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Boards: newCopies(), Mode: model.Simulated,
		Authenticate: func(context.Context, string) (model.Principal, error) {
			return model.Principal{Role: model.RoleViewer, ExpiresAt: feed.At(time.Now().Add(time.Hour))}, nil
		},
	})
	for name, held := range map[string]string{"200": "", "304": `"0123456789abcdef-7"`} {
		b.Run(name, func(b *testing.B) {
			answer := s.app.Handler()
			var c fasthttp.RequestCtx
			b.ReportAllocs()
			for b.Loop() {
				c.Request.Reset()
				c.Response.Reset()
				c.Request.SetRequestURI("/api/v1/regions/11/board")
				c.Request.Header.Set("Authorization", "Bearer eyJhbGciOiJFZERTQSIsImtpZCI6IjEiLCJ0eXAiOiJ3ZWVyIn0.eyJzdWIiOiJkZW1vIiwicm9sZSI6InZpZXdlciJ9.c2lnbmF0dXJlLW9mLWEtdG9rZW4")
				c.Request.Header.Set("Host", "weer")
				if held != "" {
					c.Request.Header.Set("If-None-Match", held)
				}
				answer(&c)
			}
			if want := map[string]int{"200": 200, "304": 304}[name]; c.Response.StatusCode() != want {
				b.Fatalf("%d %s", c.Response.StatusCode(), c.Response.Body())
			}
		})
	}
}
