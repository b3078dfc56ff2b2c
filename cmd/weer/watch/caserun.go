package watch

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Own says which cases are one's own.
type Own struct {
	Region string // 시도 code of a control room; "" the signed-on unit's
	Unit   string // call sign or id of the unit to sign on to; "" the one that the account is signed on to
}

// RunCases watches the cases of a unit or a control room, as [Run] watches a feed;
// o.Feed is found by who signs in.
func RunCases(ctx context.Context, o Options, own Own) error {
	o.Cases = true
	if own.Region != "" {
		o.demo = client.Demo{Role: model.RoleControl, Regions: []string{own.Region}}
	} else if o.Login == "" && o.Token == "" {
		return fault.Bad("--region", "names the control room that is followed, as in 11; a unit's cases are its crew's: sign in with --login")
	}
	in := o.signIn()
	defer signOut(ctx, in)
	rest, err := client.NewREST(client.RESTOptions{URLs: o.URLs, Token: o.tokens(in)})
	if err != nil {
		return err
	}
	if err := o.find(ctx, rest, own); err != nil {
		return o.ending(ctx, err)
	}
	return o.follow(ctx, in)
}

// find puts in whose cases they are.
func (o *Options) find(ctx context.Context, r *client.REST, own Own) error {
	units, err := r.Units(ctx, own.Region)
	if err != nil {
		return err
	}
	if own.Region != "" {
		o.Feed, o.Units = string(feed.Control)+":"+own.Region, map[string]string{}
		for _, u := range units {
			o.Units[u.ID] = u.CallSign
		}
		return checkFeed(o.Feed)
	}
	id, err := o.unit(ctx, r, units, own.Unit)
	if err != nil {
		return err
	}
	o.Feed, o.Place = string(feed.Unit)+":"+id, id
	if i := slices.IndexFunc(units, func(u client.Unit) bool { return u.ID == id }); i >= 0 {
		o.Place = units[i].CallSign
	}
	return nil
}

// unit is the unit that the crew is signed on to, or signs on to now.
func (o *Options) unit(ctx context.Context, r *client.REST, units []client.Unit, named string) (id string, err error) {
	who, err := r.Who(ctx)
	switch {
	case err != nil:
		return "", err
	case who.Role != model.RoleCrew:
		return "", fault.Bad("--region", "%s is no crew: a control room's cases are those of its region", cmp.Or(who.Login, who.Account))
	case named == "" && who.Unit != "":
		return who.Unit, nil
	case named == "":
		named = demoUnit(ctx, r, who.Login)
	}
	i := slices.IndexFunc(units, func(u client.Unit) bool { return named != "" && (u.CallSign == named || u.ID == named) })
	if i < 0 {
		return "", fault.Bad("--unit", "names the unit (구급차) to sign on to, by its call sign")
	}
	if units[i].ID == who.Unit {
		return who.Unit, nil
	}
	return units[i].ID, r.SignOn(ctx, units[i].ID)
}

// demoUnit is the unit that a simulated server offers to one of its demo accounts;
// "" for anybody else.
func demoUnit(ctx context.Context, r *client.REST, login string) string {
	var offer struct {
		Items []struct {
			Login string `json:"login"`
			Unit  string `json:"unit"`
		} `json:"items"`
	}
	if r.Do(ctx, client.Request{Method: http.MethodGet, Path: "/session/demo"}, &offer) != nil {
		return ""
	}
	for _, a := range offer.Items {
		if a.Login == login {
			return a.Unit
		}
	}
	return ""
}
