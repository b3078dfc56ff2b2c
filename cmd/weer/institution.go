package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"weer/ingest"
	"weer/model"
	"weer/model/fault"
)

type ingestCmds struct {
	Institution institutionCmd `cmd:"" help:"Print what E-Gen says of one institution (operation 5), as in: weer ingest institution A1100001. The call is counted in the database, which with SQLite no node may have open meanwhile."`
}

type institutionCmd struct {
	database
	egenSource
	ID string `arg:"" name:"hpid" help:"The institution's id, as in A1100001."`
}

// Run is `weer ingest institution`.
func (c *institutionCmd) Run(ctx context.Context, o outlet) error {
	if err := c.egenSource.check(); err != nil {
		return err
	}
	db, err := c.database.open(ctx, "", o)
	if err != nil {
		return err
	}
	defer db.Close()
	switch simulated := db.Mode() == model.Simulated; {
	case simulated && c.EgenURL == "":
		return fault.Bad(flagEgenURL, "this database is simulated: name the simulator, as `weer sim egen` prints it")
	case !simulated && c.EgenKey == "":
		return fault.Bad(flagEgenKey, "this database is real: E-Gen wants the service key of data.go.kr")
	}
	v, err := db.Verify(ctx, 0)
	if err != nil {
		return err
	}
	offset := time.Until(v.Now.Std())
	clock := func() (time.Duration, bool) { return offset, true }
	client, _, err := c.egenSource.open(db.Mode(), ingest.BudgetOptions{Counter: db, Clock: clock})
	if err != nil {
		return err
	}
	said, err := client.Institution(ingest.Counted(ctx, ingest.OperationInstitution), c.ID)
	switch {
	case err != nil:
		return ingest.Explain(err)
	case len(said.Values) == 0:
		return fault.New(fault.NotFound, "E-Gen knows no institution %.20q", c.ID)
	}
	printInstitution(o.out, said.Values[0])
	return nil
}

func printInstitution(w io.Writer, i model.Institution) {
	place := ""
	if i.Place != nil {
		place = fmt.Sprintf("%.6f, %.6f", i.Place.Lat, i.Place.Lon)
	}
	for _, row := range [][2]string{
		{"id", i.HospitalID}, {"name", i.Name}, {"level", cmp.Or(i.LevelName, string(i.Level))}, {"address", i.Address},
		{"region", i.Region}, {"ER tel", i.Tel}, {"main tel", i.MainTel}, {"place", place},
	} {
		fmt.Fprintf(w, "%-9s %s\n", row[0], cmp.Or(row[1], "-"))
	}
}
