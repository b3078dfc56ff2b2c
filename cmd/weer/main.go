// Command weer is WeER: a node, its tools, and a display in the terminal.
//
// It is the only place where the parts meet. Every command is a value that
// reads its settings from flags and WEER_ variables (flags win) and runs until
// it is done or its context ends; main only turns that into a process: an
// interrupt ends the context, a second one ends the process, and an error is
// one line on standard error and exit code 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"weer/model/fault"
)

type cli struct {
	Serve   serveCmd   `cmd:"" help:"Run a node: the page, the socket, and the poller of E-Gen, on one port."`
	Watch   watchCmd   `cmd:"" help:"Follow a feed in the terminal, as in: weer watch region:11"`
	Case    caseCmds   `cmd:"" help:"Follow patients' cases."`
	User    userCmds   `cmd:"" help:"Look after accounts."`
	Audit   auditCmds  `cmd:"" help:"Prove and export who did what."`
	Token   tokenCmd   `cmd:"" help:"Print a token for a person or a program."`
	CaseKey caseKeyCmd `cmd:"" name:"case-key" help:"Make a key that wraps those of patients' cases, for all nodes of one database."`
	Sim     simCmds    `cmd:"" help:"Drive the simulated E-Gen."`
	Ingest  ingestCmds `cmd:"" help:"Ask E-Gen by hand."`
	Migrate migrateCmd `cmd:"" help:"Create the database's tables or bring them up to date."`
	Feed    feedCmds   `cmd:"" help:"Look after feeds."`
	DB      dbCmds     `cmd:"" name:"db" help:"Look after the database's history."`
	Version versionCmd `cmd:"" help:"Print which weer this is."`
}

// An outlet is where a command prints: results on out, what happens on err.
type outlet struct{ out, err io.Writer }

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go obey(signals, cancel)
	os.Exit(run(ctx, os.Args[1:], outlet{os.Stdout, os.Stderr}))
}

// obey ends the context on the first signal and the process on the second. The
// system's own way would not do: a shell that starts weer in the background
// without job control has it ignore interrupts.
func obey(signals <-chan os.Signal, cancel context.CancelFunc) {
	<-signals
	cancel()
	<-signals
	fmt.Fprintln(os.Stderr, "weer: stopped at once")
	os.Exit(1)
}

// run is the whole command but the process. It returns the exit code.
func run(ctx context.Context, args []string, o outlet) (code int) {
	defer func() {
		if p := recover(); p != nil {
			helped, ok := p.(exit)
			if !ok {
				panic(p)
			}
			code = int(helped)
		}
	}()
	chosen, err := parse(ctx, new(cli), args, o)
	if err == nil {
		err = chosen.Run()
	}
	if err != nil {
		fmt.Fprintln(o.err, "weer: "+line(err))
		return 1
	}
	return 0
}

// exit is how kong ends --help, as a panic to run.
type exit int

// parse fills in a command's settings from flags and variables.
func parse(ctx context.Context, c *cli, args []string, o outlet) (*kong.Context, error) {
	parser, err := kong.New(c,
		kong.Name("weer"),
		kong.Description("WeER shows ambulances which emergency room has a bed, and proves that what it shows is so."),
		kong.Writers(o.out, o.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(o),
		kong.Vars{"demo_hospital": demoHospital},
	)
	if err != nil {
		return nil, err
	}
	return parser.Parse(args)
}

// line makes one line of an error: what a person can do something about, or
// everything there is.
func line(err error) string {
	var f *fault.Error
	text := err.Error()
	if errors.As(err, &f) {
		text = f.Message
		if f.Field != "" {
			text = f.Field + ": " + text
		}
	}
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
}
