package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"

	"github.com/charmbracelet/x/term"

	"weer/api/auth"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/store"
)

type userCmds struct {
	Create   userCreateCmd   `cmd:"" help:"Make an account that may sign in at once: the first administrator of a real database."`
	List     userListCmd     `cmd:"" help:"List the accounts."`
	Password userPasswordCmd `cmd:"" help:"Give an account another password and end its sessions."`
}

// A desk is what the commands about accounts need: the database and the keys.
type desk struct {
	database
	TokenKey string `env:"WEER_TOKEN_KEY" placeholder:"FILE" help:"The node's key file. Default: beside the SQLite file, as PATH.key."`
}

// with opens the desk for some work. Nobody hears of it: nodes that run find
// the changes by verification.
func (d desk) with(ctx context.Context, o outlet, work func(context.Context, *auth.Desk, *model.Service) error) error {
	return d.rows(ctx, o, func(ctx context.Context, _ *store.DB, keys *auth.Keys, service *model.Service) error {
		at, err := auth.NewDesk(service, keys)
		if err != nil {
			return err
		}
		return work(ctx, at, service)
	})
}

// rows opens the database and the keys for some work.
func (d desk) rows(ctx context.Context, o outlet, work func(context.Context, *store.DB, *auth.Keys, *model.Service) error) error {
	db, err := d.database.open(ctx, "", o)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := d.keys(db)
	if err != nil {
		return err
	}
	ctx = model.WithCall(ctx, model.Call{By: commandLine(), From: "cli"})
	return work(ctx, db, keys, model.NewService(db, nobody{}))
}

func (d desk) keys(db *store.DB) (*auth.Keys, error) {
	load := auth.Load
	if strings.HasPrefix(d.DatabaseURL, "sqlite:") || db.Mode() == model.Simulated {
		load = auth.LoadOrCreate // as a node would
	}
	path, err := tokenKeyPath(d.TokenKey, d.DatabaseURL)
	if err != nil {
		return nil, err
	}
	return load(path)
}

// nobody hears what a command changed.
type nobody struct{}

func (nobody) Publish(...feed.Hint) {}

// commandLine is who works at this machine, as the audit names it.
func commandLine() model.Principal {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return model.Principal{Subject: "cli:" + name, Role: model.RoleAdmin}
}

type userCreateCmd struct {
	desk
	Login    string   `required:"" placeholder:"LOGIN" help:"To sign in with: 3 to 40 small letters, digits, dots, dashes and underscores."`
	Name     string   `required:"" placeholder:"NAME" help:"Of the person."`
	Role     string   `default:"admin" enum:"crew,hospital,control,admin,viewer" help:"crew, hospital, control, admin or viewer. Default: ${default}"`
	Hospital string   `placeholder:"HPID" help:"Of the role hospital, as in A1100017."`
	Region   []string `placeholder:"CODE" help:"시도 codes of the roles control and crew, as in 11."`
	Email    string   `required:"" placeholder:"ADDRESS"`
	Phone    string   `required:"" placeholder:"NUMBER"`
	Org      string   `required:"" placeholder:"NAME" help:"Where the person works (소속)."`
	Cert     string   `placeholder:"NUMBER" help:"Certificate (자격증 번호), of a crew member."`
}

// Run is `weer user create`.
func (c *userCreateCmd) Run(ctx context.Context, o outlet) error {
	return c.with(ctx, o, func(ctx context.Context, at *auth.Desk, s *model.Service) error {
		if held, err := s.AccountByLogin(ctx, c.Login); err != nil || held != nil && held.State == model.AccountActive {
			if err == nil {
				err = fault.Bad("--login", "another account has this login")
			}
			return err
		}
		password, made, err := choosePassword(o)
		if err != nil {
			return err
		}
		_, err = at.Create(ctx, model.Account{
			Login: c.Login, Name: c.Name, Email: c.Email, Phone: c.Phone, Organisation: c.Org, Certificate: c.Cert,
			Rights: model.Rights{Role: model.Role(c.Role), Hospital: c.Hospital, Regions: c.Region},
		}, password)
		if err != nil {
			return err
		}
		return told(o, "made "+model.NormalLogin(c.Login)+", "+c.Role, made)
	})
}

type userListCmd struct{ desk }

// Run is `weer user list`.
func (c *userListCmd) Run(ctx context.Context, o outlet) error {
	return c.with(ctx, o, func(ctx context.Context, _ *auth.Desk, s *model.Service) error {
		const page = 200
		for q := (model.AccountQuery{Most: page}); ; {
			found, err := s.Accounts(ctx, q)
			if err != nil {
				return err
			}
			for _, a := range found {
				fmt.Fprintf(o.out, "%-20s  %-8s  %-8s  %s\n", a.Login, a.Role, a.State, a.Name)
				q.After = a.ID
			}
			if len(found) < page {
				return nil
			}
		}
	})
}

type userPasswordCmd struct {
	desk
	Login string `arg:"" help:"Of the account."`
}

// Run is `weer user password`.
func (c *userPasswordCmd) Run(ctx context.Context, o outlet) error {
	return c.with(ctx, o, func(ctx context.Context, at *auth.Desk, s *model.Service) error {
		a, err := s.AccountByLogin(ctx, c.Login)
		if err != nil || a == nil {
			if err == nil {
				err = fault.New(fault.NotFound, "there is no account %.40q", c.Login)
			}
			return err
		}
		password, made, err := choosePassword(o)
		if err != nil {
			return err
		}
		if _, err := at.SetPassword(ctx, *a, password, ""); err != nil {
			return err
		}
		return told(o, "the password of "+a.Login+" is another; its sessions end", made)
	})
}

// choosePassword asks at a terminal, reads a line from anything else, and makes
// a password when that is empty; made is that one, to be shown once.
func choosePassword(o outlet) (password, made string, err error) {
	if term.IsTerminal(os.Stdin.Fd()) {
		fmt.Fprint(o.err, "Password (empty: one is made): ")
		text, err := term.ReadPassword(os.Stdin.Fd())
		fmt.Fprintln(o.err)
		if err != nil {
			return "", "", err
		}
		password = string(text)
	} else if password, err = bufio.NewReader(os.Stdin).ReadString('\n'); err != nil && err != io.EOF {
		return "", "", err
	}
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		made = rand.Text()
		password = made
	}
	return password, made, nil
}

func told(o outlet, what, made string) error {
	if made != "" {
		what += "\npassword: " + made
	}
	_, err := fmt.Fprintln(o.out, what)
	return err
}
