package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"text/template"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/migrate"

	"weer/model"
	"weer/model/feed"
)

// An old database, made by the first migration alone: what was read of it is
// what its hospitals were.
type oldDB struct {
	*bun.DB
	url, dialect string
	want         map[string]model.Hospital
}

func newOldDB(t *testing.T, url string) *oldDB {
	t.Helper()
	o := &oldDB{url: url, dialect: "sqlite"}
	plain := openPlain(t, url)
	if strings.HasPrefix(url, "mysql:") {
		o.dialect, o.DB = "mysql", bun.NewDB(plain, mysql8{mysqldialect.New()})
	} else {
		o.DB = bun.NewDB(plain, sqlitedialect.New())
		plain.SetMaxOpenConns(1)
		o.run(t, "PRAGMA synchronous = OFF") // many small files are made, and none has to outlive the machine
	}
	const first = "001_birth.up.sql"
	steps := migrate.NewMigrations()
	if err := steps.Discover(fstest.MapFS{first: {Data: []byte(o.sql(t, first))}}); err != nil {
		t.Fatal(err)
	}
	m := migrate.NewMigrator(o.DB, steps, migrate.WithMarkAppliedOnSuccess(true),
		migrate.WithTemplateData(map[string]string{"Epoch": "0123456789abcdef", "Mode": model.Simulated}))
	if err := m.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *oldDB) sql(t *testing.T, name string) string {
	t.Helper()
	text, err := migrations.ReadFile("migrations/" + o.dialect + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (o *oldDB) run(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := o.DB.DB.Exec(statement, args...); err != nil {
		t.Fatalf("%v in %.300s", err, statement)
	}
}

// fill writes what the first version wrote: two hospitals as they are, one that
// is withdrawn, one that reported nothing, and an id that was only locked.
func (o *oldDB) fill(t *testing.T) {
	t.Helper()
	o.want = map[string]model.Hospital{}
	keys := map[string]string{}
	for i, missed := range []int{0, 1, model.MissedPolls, 0} {
		h := ward(fmt.Sprintf("A110000%d", i+1), 5-i)
		if i == 3 {
			h = observed(h, 0, nil)
		}
		h.Missed[model.SourceBeds] = missed
		e := h.Observed[h.Base]
		o.run(t, "INSERT INTO hospital (id, version, region, name, tel, missed, updated_at) VALUES (?, 1, ?, ?, ?, ?, 9)", h.ID, h.Region, h.Name, h.Tel, missed)
		o.run(t, "INSERT INTO emergency_room_info VALUES (?, ?, ?, ?, ?)", h.ID, group(h, model.GroupER), group(h, model.GroupBeds), e.ObservedAt, e.ReceivedAt)
		o.run(t, "INSERT INTO icu VALUES (?, ?, ?, ?)", h.ID, group(h, model.GroupICU), e.ObservedAt, e.ReceivedAt)
		o.run(t, "INSERT INTO equipment VALUES (?, ?, ?, ?)", h.ID, group(h, model.GroupEquipment), e.ObservedAt, e.ReceivedAt)
		if missed < model.MissedPolls {
			keys[h.ID+"/hospital"] = jsonOf(map[string]string{"name": h.Name, "tel": h.Tel})
			keys[h.ID+"/egen"] = jsonOf(e.SourceTimes)
			for _, g := range model.Groups {
				if readings := group(h, g); readings != "{}" {
					keys[h.ID+"/"+string(g)] = readings
				}
			}
		} else {
			h.Base, h.Readings = "", nil
		}
		o.want[h.ID] = h
	}
	o.run(t, "INSERT INTO hospital (id, version) VALUES ('A1100009', 3)")
	o.fillFeed(t, keys)
}

// fillFeed writes a feed with all keys in its first event.
func (o *oldDB) fillFeed(t *testing.T, keys map[string]string) {
	t.Helper()
	state := map[string]judgedEntry{}
	var entries []feed.Entry
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		state[key] = judgedEntry{Key: key, Seq: 1, Value: json.RawMessage(keys[key])}
		entries = append(entries, feed.Entry{Key: key, Seq: 1, Value: json.RawMessage(keys[key])})
		o.run(t, "INSERT INTO feed_key VALUES ('region:11', ?, 1, 0, ?)", key, keys[key])
	}
	o.run(t, "INSERT INTO feed VALUES ('region:11', 1, 1, 1)")
	o.run(t, "INSERT INTO feed_event VALUES ('region:11', 1, ?, ?, 1)", digestOf(state), jsonOf(entries))
}

// second are the statements of the second migration, as they are run now.
func (o *oldDB) second(t *testing.T) []string { return o.statements(t, "002_sources.up.sql") }

// statements are those of a migration, as they are run now.
func (o *oldDB) statements(t *testing.T, name string) []string {
	t.Helper()
	f := facts{columns: func(table string) ([]string, error) { return columnsOf(t.Context(), o.DB, table) }}
	var text strings.Builder
	if err := template.Must(template.New("").Parse(o.sql(t, name))).Execute(&text, f); err != nil {
		t.Fatal(err)
	}
	return strings.Split(text.String(), "--bun:split")
}

// check opens the database with the code as it is and compares.
func (o *oldDB) check(t *testing.T) {
	t.Helper()
	db, err := Open(t.Context(), o.url, Options{hook: grammar{t}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	b := &bench{DB: db, plain: o.DB.DB}
	b.agree(t, t.Context(), o.want)
	b.sound(t)
	if n := b.number(t, "SELECT COUNT(*) FROM emergency_room_info WHERE hospital_id = 'A1100003' AND er = '{}' AND observed_at = 0"); n != 1 {
		t.Error("of the withdrawn hospital something is shown")
	}
	if n := b.number(t, "SELECT version FROM hospital WHERE id = 'A1100009' AND missed_by IS NULL"); n != 3 {
		t.Errorf("the locked row is at %d", n)
	}
}

func TestAnOldDatabaseComesThrough(t *testing.T) {
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			o := newOldDB(t, newURL(t))
			o.fill(t)
			o.check(t)
			seq := (&bench{plain: o.DB.DB}).number(t, "SELECT seq FROM feed")
			o.check(t)
			o.run(t, "DELETE FROM bun_migrations") // as if it had died before it was noted
			o.check(t)
			if now := (&bench{plain: o.DB.DB}).number(t, "SELECT seq FROM feed"); now != seq || seq != 2 {
				t.Errorf("the keys were derived anew at %d, and moved again to %d", seq, now)
			}
		})
	}
}

// A node may die between any two statements.
func TestAnOldDatabaseComesThroughACutMigration(t *testing.T) {
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			o := newOldDB(t, newURL(t))
			for n := range len(o.second(t)) {
				if n > 0 {
					o = newOldDB(t, newURL(t))
				}
				o.fill(t)
				for _, statement := range o.second(t)[:n] {
					o.run(t, statement)
				}
				o.check(t)
			}
		})
	}
}

// Announcements that were kept before some were made here are the national
// service's, wherever a node died.
func TestAnnouncementsOfAnOldDatabaseHaveTheirSource(t *testing.T) {
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			for cut := 0; ; cut++ {
				o := newOldDB(t, newURL(t))
				o.fill(t)
				for _, statement := range o.second(t) {
					o.run(t, statement)
				}
				h := o.want["A1100001"]
				a := model.Announcement{ID: "a", HospitalID: h.ID, Source: model.SourceAnnouncements, Kind: model.AnnouncementER, Text: "불가", EndsAt: 9, SinceAt: 8}
				h.Announcements = map[string]model.Announcement{"a": a}
				o.want[h.ID] = h
				o.run(t, "INSERT INTO er_announcement VALUES (?, 'a', 'er', '', '', '불가', '', 0, 0, 0, 9, 8, 0)", h.ID)
				statements := o.statements(t, "007_words.up.sql")
				for _, statement := range statements[:cut] {
					if strings.TrimSpace(statement) != "" {
						o.run(t, statement)
					}
				}
				o.check(t)
				if cut == len(statements) {
					return
				}
			}
		})
	}
}

// What is written after the migration stays when the migration is repeated.
func TestARepeatedMigrationKeepsWhatIsNewer(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		h := full("A1100001", 3)
		b.write(t, save(h))
		h.Observed, h.Base, h.Readings = nil, "", nil
		b.write(t, save(h))
		b.exec(t, "DELETE FROM bun_migrations")
		if err := b.migrate(t.Context(), model.Simulated); err != nil {
			t.Fatal(err)
		}
		b.agree(t, t.Context(), map[string]model.Hospital{h.ID: h})
		if f := b.sound(t)["region:11"]; f.seq != 2 {
			t.Errorf("the feed moved to %d", f.seq)
		}
	})
}

// A key that is no longer derived goes, and that of another hospital stays.
func TestKeysAreDerivedAnew(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		h := full("A1100001", 3)
		b.write(t, save(h))
		b.write(t, put("region:11", "A1100001/old", 1))
		b.write(t, put("region:11", "A1100001/er", 1))
		b.write(t, put("region:11", "A1100002/er", 1))
		if err := b.rekey(t.Context()); err != nil {
			t.Fatal(err)
		}
		f := b.sound(t)["region:11"]
		if er := f.state["A1100001/er"]; !f.state["A1100001/old"].Gone || f.state["A1100002/er"].Gone || er.Seq != 5 || string(er.Value) == "1" {
			t.Errorf("%+v", f.state)
		}
	})
}
