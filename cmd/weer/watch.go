package main

import (
	"context"
	"fmt"
	"os"

	"github.com/charmbracelet/x/term"

	"weer/cmd/weer/watch"
	"weer/model/fault"
)

// A watchCmd shows a feed in the terminal for as long as it runs.
type watchCmd struct {
	Feed   string   `arg:"" help:"Feed to follow, like region:11 (서울)."`
	URL    []string `name:"url" env:"WEER_URL" default:"http://127.0.0.1:8080" help:"Server. Several are tried in their order."`
	Token  string   `env:"WEER_TOKEN" help:"Token to sign in with; without one, the demo token of a simulated server on this machine."`
	Login  string   `help:"Account to sign in as, for as long as it runs; its password is WEER_PASSWORD, or is asked for."`
	Filter string   `help:"Show only hospitals whose name or id contains this text."`
	JSON   bool     `name:"json" help:"Print every frame of the server as received, one a line."`
}

// Help explains the table to whoever asks for the command's help.
func (*watchCmd) Help() string {
	return `A row is a hospital: what its numbers are worth (● 최신, ◐ 경과, ▲ 오래됨,
✕ 무효; ○ 미보고: no bed report), its level, the free beds, when they were
observed, and how many announcements (안내) are in force, with the most important
one where the terminal is wide enough. ✓ is a number that a person at the
hospital confirmed (병원 확인), * one that changed just now.`
}

// Run shows a live table on a terminal, otherwise a line for each change.
func (w *watchCmd) Run(ctx context.Context, o outlet) error {
	password, err := passwordOf(w.Login, w.Token, o)
	if err != nil {
		return err
	}
	return watch.Run(ctx, watch.Options{
		Feed: w.Feed, URLs: w.URL, Token: w.Token, Login: w.Login, Password: password, Filter: w.Filter, JSON: w.JSON,
		In: os.Stdin, Out: o.out, Terminal: drawable(os.Stdin) && drawable(o.out),
		Colour: os.Getenv("NO_COLOR") == "", Wide: os.Getenv("RUNEWIDTH_EASTASIAN") == "1",
	})
}

// passwordOf is that of the account, if one is named. It is no flag: other programs
// of the machine see those.
func passwordOf(login, token string, o outlet) (string, error) {
	switch held := os.Getenv("WEER_PASSWORD"); {
	case login == "":
		return "", nil
	case token != "":
		return "", fault.Bad("--login", "and --token name two people: give one of them")
	case held != "":
		return held, nil
	case !term.IsTerminal(os.Stdin.Fd()):
		return "", fault.Bad("WEER_PASSWORD", "is the password of --login where nobody can be asked")
	}
	fmt.Fprint(o.err, "Password: ")
	text, err := term.ReadPassword(os.Stdin.Fd())
	fmt.Fprintln(o.err)
	return string(text), err
}

// drawable reports whether a display can be drawn on it.
func drawable(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb"
}
