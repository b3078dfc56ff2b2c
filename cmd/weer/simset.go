package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"weer/ingest/sim"
	"weer/model"
	"weer/model/fault"
)

type simSetCmd struct {
	simTarget
	Hospital string   `arg:"" help:"The hospital's id, as in A1100001."`
	Items    []string `arg:"" optional:"" name:"item=value" help:"What to set: er.general=3; yes-or-no items take 1 or 0; severe.burn=refuses (accepts, refuses, not_reported) what it declares of a disease."`
	Message  string   `placeholder:"TEXT" help:"A message (응급실 메시지) that the hospital posts."`
	Code     string   `placeholder:"CODE" help:"What the message is about (symTypCod), as in Y0010. Default: Y000, the emergency room"`
	Lift     string   `placeholder:"TEXT" help:"The message of these words is lifted (차단해제)."`
	Remove   string   `placeholder:"TEXT" help:"The message of these words is gone."`
}

// Run is `weer sim set`.
func (c *simSetCmd) Run(ctx context.Context, o outlet) error {
	change, err := c.change()
	if err != nil {
		return err
	}
	var now struct {
		Name  string `json:"name"`
		Items map[string]struct {
			Total string `json:"total"`
		} `json:"items"`
	}
	if err := c.post(ctx, "/sim/set", change, &now); err != nil {
		return err
	}
	say := func(what, value string) { fmt.Fprintf(o.out, "%s %s  %s = %s\n", c.Hospital, now.Name, what, value) }
	for _, item := range slices.Sorted(maps.Keys(change.Items)) {
		say(item, asPeopleSay(item, change.Items[item], now.Items[item].Total))
	}
	for _, disease := range slices.Sorted(maps.Keys(change.Acceptance)) {
		say(disease, change.Acceptance[disease])
	}
	for _, m := range [][2]string{{"message posted", c.Message}, {"message lifted", c.Lift}, {"message removed", c.Remove}} {
		if m[1] != "" {
			say(m[0], m[1])
		}
	}
	_, err = fmt.Fprintf(o.out, "held until `weer sim release %s`; screens show it with the next poll\n", c.Hospital)
	return err
}

// asPeopleSay writes a count with its total, and what is no count in words.
func asPeopleSay(item string, n int, total string) string {
	switch i, _ := model.ItemByCode(item); {
	case i.YesNo && n == 1:
		return "usable"
	case i.YesNo:
		return "not usable"
	case total == "":
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d of %s", n, total)
}

// change sorts what was typed: what names a disease is declared, the rest counted.
func (c *simSetCmd) change() (sim.Change, error) {
	change := sim.Change{Hospital: c.Hospital, Lift: c.Lift, Remove: c.Remove, Items: map[string]int{}, Acceptance: map[string]string{}}
	switch {
	case c.Message != "":
		change.Message = &sim.Message{Text: c.Message, Code: c.Code}
	case c.Code != "":
		return change, fault.Bad("--code", "goes with --message")
	case len(c.Items) == 0 && c.Lift == "" && c.Remove == "":
		return change, fault.Bad("item=value", "name what to set, as in er.general=3, or --message, --lift, --remove")
	}
	for _, text := range c.Items {
		if err := take(&change, text); err != nil {
			return change, err
		}
	}
	return change, nil
}

func take(change *sim.Change, text string) error {
	name, value, _ := strings.Cut(text, "=")
	_, declared := change.Acceptance[name]
	if _, counted := change.Items[name]; counted || declared {
		return fault.Bad(name, "is named twice")
	}
	if _, disease := model.DiseaseByCode(name); disease {
		change.Acceptance[name] = value
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return fault.Bad(cmp.Or(name, "item"), "takes ITEM=NUMBER, as in er.general=3, not %.60q", text)
	}
	change.Items[name] = n
	return nil
}

type simReleaseCmd struct {
	simTarget
	Hospital string `arg:"" optional:"" help:"The hospital's id; without it all are released."`
}

// Run is `weer sim release`.
func (c *simReleaseCmd) Run(ctx context.Context, o outlet) error {
	var now struct {
		Held map[string]any `json:"held"`
	}
	if err := c.post(ctx, "/sim/release", map[string]string{"hospital": c.Hospital}, &now); err != nil {
		return err
	}
	_, err := fmt.Fprintf(o.out, "%s released; %d hospitals are still held\n", cmp.Or(c.Hospital, "all"), len(now.Held))
	return err
}

type simScenarioCmd struct {
	simTarget
	Name      string `arg:"" optional:"" help:"The scenario's name; none ends what is wrong. Without it they are listed."`
	Operation int    `placeholder:"N" help:"Only this operation, 1 to 9. Default: all"`
	Count     int    `placeholder:"N" help:"Only the next so many answers. Default: until another scenario"`
}

// Run is `weer sim scenario`.
func (c *simScenarioCmd) Run(ctx context.Context, o outlet) error {
	if c.Name == "" {
		return c.list(ctx, o)
	}
	order := map[string]any{"name": c.Name, "operation": c.Operation, "count": c.Count}
	var now struct {
		Scenario string `json:"scenario"`
	}
	if err := c.post(ctx, "/sim/scenario", order, &now); err != nil {
		return err
	}
	_, err := fmt.Fprintf(o.out, "scenario %s; `weer sim scenario none` ends it\n", now.Scenario)
	return err
}

func (c *simScenarioCmd) list(ctx context.Context, o outlet) error {
	var all []struct {
		Name  string `json:"name"`
		About string `json:"about"`
	}
	if err := c.get(ctx, "/sim/scenario", &all); err != nil {
		return err
	}
	for _, s := range all {
		fmt.Fprintf(o.out, "%-14s %s\n", s.Name, s.About)
	}
	return nil
}
