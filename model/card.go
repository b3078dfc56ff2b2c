package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"weer/model/feed"
)

// A Card is the board's view of a hospital: what a screen holds of it, and
// nothing that a screen does not. A reader that holds a region's feed makes one
// with [ReadCard] from the keys that begin with the hospital's id.
type Card struct {
	ID        string
	Name      string
	Short     string // as people say it ([ShortName]); "" is the name itself
	Region    string
	Level     Level
	LevelName string
	Address   string
	District  string
	Tel       string
	MainTel   string
	Place     *Point

	ObservedAt    feed.Time // of the source that is shown, by its clock; 0 when it could not be read
	Readings      Readings
	Corrected     map[string]feed.Time // by item: when a person said it (병원 확인)
	Declarations  Declarations
	Announcements []Announcement // by id
	Load          Load           // what reservations make of it
	Console       Reach          // whether anybody there would notice a request; "" when it never had a console
	ConsoleAt     feed.Time      // since when
}

// ReadCard makes a card of a hospital's keys, named as in the feed. Keys that it
// does not know are passed over. A hospital without its /hospital key is none.
func ReadCard(id string, keys map[string]json.RawMessage) (c Card, err error) {
	c = Card{ID: id, Readings: Readings{}, Corrected: map[string]feed.Time{}}
	if _, ok := keys[id+"/hospital"]; !ok {
		return c, fmt.Errorf("hospital %s has no %s/hospital", id, id)
	}
	for key, value := range keys {
		name, ok := strings.CutPrefix(key, id+"/")
		if !ok {
			continue
		}
		if err := c.read(name, value, keys); err != nil {
			return c, fmt.Errorf("%s: %w", key, err)
		}
	}
	slices.SortFunc(c.Announcements, func(a, b Announcement) int { return strings.Compare(a.ID, b.ID) })
	return c, nil
}

func (c *Card) read(name string, value json.RawMessage, keys map[string]json.RawMessage) error {
	switch name {
	case "hospital":
		return c.readHospital(value)
	case "egen":
		if _, pushed := keys[c.ID+"/push"]; pushed {
			return nil // what is shown is the push's
		}
		return c.readTimes(value)
	case "push":
		return c.readTimes(value)
	case string(GroupER), string(GroupICU), string(GroupBeds), string(GroupEquipment):
		return json.Unmarshal(value, &c.Readings) // adds to the map
	case "corrected":
		return c.readCorrected(value)
	case "acceptance":
		return json.Unmarshal(value, &c.Declarations)
	case "load":
		return json.Unmarshal(value, &c.Load)
	case "console":
		return c.readConsole(value)
	}
	if id, ok := strings.CutPrefix(name, "msg/"); ok {
		return c.readAnnouncement(id, value)
	}
	return nil
}

func (c *Card) readHospital(value json.RawMessage) error {
	var v hospitalValue
	err := json.Unmarshal(value, &v)
	c.Name, c.Short, c.Region, c.Level, c.LevelName = v.Name, ShortName(v.Name), v.Region, v.Level, v.LevelName
	c.Address, c.District, c.Tel, c.MainTel, c.Place = v.Address, v.District, v.Tel, v.MainTel, v.Place
	return err
}

func (c *Card) readTimes(value json.RawMessage) error {
	var v SourceTimes
	err := json.Unmarshal(value, &v)
	c.ObservedAt = v.ObservedAt
	return err
}

func (c *Card) readCorrected(value json.RawMessage) error {
	var v map[string]correctedValue
	err := json.Unmarshal(value, &v)
	for item, correction := range v {
		c.Corrected[item] = correction.At
	}
	return err
}

// A consoleValue is what /console says.
type consoleValue struct {
	Reach Reach     `json:"reach"`
	Since feed.Time `json:"since"`
}

func (c *Card) readConsole(value json.RawMessage) error {
	var v consoleValue
	err := json.Unmarshal(value, &v)
	c.Console, c.ConsoleAt = v.Reach, v.Since
	return err
}

func (c *Card) readAnnouncement(id string, value json.RawMessage) error {
	var v announcementValue
	err := json.Unmarshal(value, &v)
	c.Announcements = append(c.Announcements, v.announced(id, c.ID))
	return err
}

func (c *Card) called() string { return cmp.Or(c.Short, c.Name) }

// observedAt is the time of what the card says of an item: a person's word is as
// old as the person's word.
func (c *Card) observedAt(item string) feed.Time {
	if at, ok := c.Corrected[item]; ok {
		return at
	}
	return c.ObservedAt
}
