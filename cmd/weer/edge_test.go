package main

import (
	"testing"
	"time"

	"weer/model/fault"
)

func TestWhatBrowsersElsewhereMay(t *testing.T) {
	for _, tc := range []struct {
		edge edge
		ok   bool
	}{
		{edge{}, true},
		{edge{CORSOrigins: []string{"https://board.example.kr", "http://localhost:5173"}, HSTS: 8760 * time.Hour}, true},
		{edge{CORSOrigins: []string{"*"}}, false},
		{edge{CORSOrigins: []string{"https://*"}}, false},
		{edge{CORSOrigins: []string{"https://board.example.kr/"}}, false},
		{edge{CORSOrigins: []string{"https://user@board.example.kr"}}, false},
		{edge{CORSOrigins: []string{"board.example.kr"}}, false},
		{edge{CORSOrigins: []string{"null"}}, false},
		{edge{HSTS: -time.Second}, false},
		{edge{HSTS: 20_000 * time.Hour}, false},
	} {
		if err := tc.edge.check(); (err == nil) != tc.ok || (err != nil && !fault.Is(err, fault.Invalid)) {
			t.Errorf("%+v: %v", tc.edge, err)
		}
	}
}
