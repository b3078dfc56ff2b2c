package main

import (
	"context"

	"github.com/google/uuid"

	"weer/api"
	"weer/model"
)

// The accounts of a simulated database, one for each role, with passwords that
// everybody may know. Their ids are made of their names: each start finds what
// an earlier one has made.
const demoHospital = "A1100017" // 서울대학교병원, in the simulated world too

var demoUnit = model.Unit{
	ID: demoID("unit"), CallSign: "강남 201", Region: "11", Organisation: "강남소방서 (모의)", Kind: model.Unit119,
}

func demoID(name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("weer:demo:"+name)).String()
}

var demoPeople = []struct {
	name   string
	screen string // of its own, below /; "" none
	rights model.Rights
}{
	{"구급대원 (모의)", "ambulance", model.Rights{Role: model.RoleCrew, Regions: []string{"11"}}},
	{"응급실 간호사 (모의)", "hospital", model.Rights{Role: model.RoleHospital, Hospital: demoHospital}},
	{"상황실 (모의)", "", model.Rights{Role: model.RoleControl, Regions: []string{"11"}}},
	{"관리자 (모의)", "admin", model.Rights{Role: model.RoleAdmin}},
	{"열람 (모의)", "", model.Rights{Role: model.RoleViewer}},
}

func demoLogin(r model.Role) string    { return "demo." + string(r) }
func demoPassword(r model.Role) string { return "weer-demo-" + string(r) }

// demoAccounts are what the sign-in page offers.
func demoAccounts() []api.DemoAccount {
	list := make([]api.DemoAccount, len(demoPeople))
	for i, p := range demoPeople {
		list[i] = api.DemoAccount{Login: demoLogin(p.rights.Role), Password: demoPassword(p.rights.Role), Role: p.rights.Role, Name: p.name}
		if p.rights.Role == model.RoleCrew {
			list[i].Unit = demoUnit.ID
		}
	}
	return list
}

// openDemo makes the accounts that a simulated database lacks; a real one gets
// none, and refuses them.
func (n *node) openDemo(ctx context.Context) error {
	if !n.roles.api || n.db.Mode() != model.Simulated {
		return nil
	}
	if held, err := n.db.Unit(ctx, demoUnit.ID); err != nil || held == nil {
		if err == nil {
			_, err = n.service.CreateUnit(ctx, demoUnit)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range demoPeople {
		if err := n.demoPerson(ctx, p.name, p.rights); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) demoPerson(ctx context.Context, name string, r model.Rights) error {
	login := demoLogin(r.Role)
	held, err := n.db.Account(ctx, demoID(login))
	if err != nil || held != nil {
		return err
	}
	_, err = n.desk.Create(ctx, model.Account{
		ID: demoID(login), Login: login, Name: name, Email: login + "@weer.invalid", Phone: "02-0000-0000",
		Organisation: "WeER 모의", Certificate: "모의", Demo: true, Rights: r,
	}, demoPassword(r.Role))
	return err
}
