package main

import (
	"context"
	"os"

	"weer/cmd/weer/watch"
	"weer/model"
	"weer/model/fault"
)

type caseCmds struct {
	Watch caseWatchCmd `cmd:"" help:"Follow patients and who takes them, as in: weer case watch --region 11"`
}

// A caseWatchCmd shows the cases of a unit or a control room for as long as it
// runs.
type caseWatchCmd struct {
	Code   string   `arg:"" optional:"" help:"Only the case with this code, as people say it on the telephone."`
	URL    []string `name:"url" env:"WEER_URL" default:"http://127.0.0.1:8080" help:"Server. Several are tried in their order."`
	Token  string   `env:"WEER_TOKEN" help:"Token to sign in with; for a control room of a simulated server on this machine none is needed."`
	Login  string   `help:"Account to sign in as, for as long as it runs; its password is WEER_PASSWORD, or is asked for."`
	Region string   `placeholder:"CODE" help:"Follow the control room (상황실) of this region, as in 11. Default: the unit that the crew is signed on to."`
	Unit   string   `placeholder:"CALLSIGN" help:"Unit (구급차) to sign on to first, by its call sign."`
	JSON   bool     `name:"json" help:"Print every frame of the server as received, one a line."`
}

// Help explains the picture to whoever asks for the command's help.
func (*caseWatchCmd) Help() string {
	return `A case is its code, KTAS, what the patient seems to have, and how far it is. Under
it is each hospital that was asked: … 응답 대기 (for how long), ? 무응답, ✓ 수용, ✕ 불가
with the reason, – 다른 병원 수용, ! 수용 철회, ■ 도착 and ■ 인계; how far the request
has come to people there (전송→표시→울림→열람), or when the patient arrives. What the
crew has not confirmed begins with !!.`
}

// Run shows a live picture on a terminal, otherwise a line for each change.
func (c *caseWatchCmd) Run(ctx context.Context, o outlet) error {
	if c.Code != "" && !model.CheckCaseCode(c.Code) {
		return fault.Bad("code", "%.10q is no case's code: one of its five digits was misheard", c.Code)
	}
	if c.Unit != "" && c.Region != "" {
		return fault.Bad("--unit", "and --region are two people's: give one of them")
	}
	password, err := passwordOf(c.Login, c.Token, o)
	if err != nil {
		return err
	}
	return watch.RunCases(ctx, watch.Options{
		URLs: c.URL, Token: c.Token, Login: c.Login, Password: password, JSON: c.JSON, People: watch.People{Code: c.Code},
		In: os.Stdin, Out: o.out, Terminal: drawable(os.Stdin) && drawable(o.out),
		Colour: os.Getenv("NO_COLOR") == "", Wide: os.Getenv("RUNEWIDTH_EASTASIAN") == "1",
	}, watch.Own{Region: c.Region, Unit: c.Unit})
}
