package store

import (
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// The store refuses what its columns cannot hold, or would give back as
// something else. The texts' bounds are the model's, which checks what comes
// from outside long before.

const (
	maxSource = 60 // characters of a source's name
	maxID     = 40 // of an announcement's, and of a reservation's
)

func (t *tx) check(h model.Hospital) error {
	if _, ok := t.locked[h.ID]; !ok {
		return fault.New(fault.Internal, "hospital %.20q was to be saved without its lock", h.ID)
	}
	if _, ok := feed.KindOf(h.Feed()); !ok {
		return fault.Bad("region", "hospital %s: %.20q is no region", h.ID, h.Region)
	}
	for _, check := range []func(model.Hospital) error{checkTexts, checkObserved, checkCorrections, checkDeclarations, checkWords, checkAnnouncements, checkOverrides, checkHolds, checkConsole} {
		if err := check(h); err != nil {
			return err
		}
	}
	return nil
}

// A text is what has to fit into a column.
type text struct {
	field, is string
	most      int
}

func fits(id string, texts ...text) error {
	for _, t := range texts {
		if !model.Printable(t.is, t.most) {
			return fault.Bad(t.field, "hospital %s: %s has at most %d characters and no control characters", id, t.field, t.most)
		}
	}
	return nil
}

func checkTexts(h model.Hospital) error {
	l := h.Listed
	if l.HospitalID != h.ID && l != (model.Institution{}) {
		return fault.Bad("listed", "hospital %s: the list's row is of %.20q", h.ID, l.HospitalID)
	}
	return fits(h.ID, text{"name", h.Name, model.MaxName}, text{"tel", h.Tel, model.MaxTel},
		text{"listed.name", l.Name, model.MaxName}, text{"listed.address", l.Address, model.MaxAddress},
		text{"listed.region", l.Region, 8}, text{"listed.district", l.District, model.MaxDistrict},
		text{"listed.level", string(l.Level), model.MaxLevel}, text{"listed.level_name", l.LevelName, model.MaxLevelName},
		text{"listed.tel", l.Tel, model.MaxTel}, text{"listed.main_tel", l.MainTel, model.MaxTel})
}

func checkObserved(h model.Hospital) error {
	for source, o := range h.Observed {
		if !validSource(source) {
			return fault.Bad("source", "hospital %s: a source has a name of at most %d printable ASCII characters", h.ID, maxSource)
		}
		if err := checkItems(h.ID, o.Readings); err != nil {
			return err
		}
	}
	if _, heard := h.Observed[h.Base]; h.Base != "" && !heard {
		return fault.Bad("base", "hospital %s: there is no observation of %.60q", h.ID, h.Base)
	}
	return checkItems(h.ID, h.Readings)
}

func validSource(name string) bool { return feed.ValidKey(name) && len(name) <= maxSource }

func checkItems(id string, r model.Readings) error {
	for code := range r {
		if _, ok := model.ItemByCode(code); !ok {
			return fault.Bad("readings", "hospital %s: there is no item %.40q", id, code)
		}
	}
	return nil
}

func checkCorrections(h model.Hospital) error {
	for item, c := range h.Corrections {
		if _, ok := model.ItemByCode(item); !ok || c.Item != item {
			return fault.Bad("corrections", "hospital %s: a correction of %.40q stands at %.40q", h.ID, c.Item, item)
		}
		if err := fits(h.ID, text{"by", c.By, model.MaxAccount}); err != nil {
			return err
		}
	}
	return nil
}

func checkDeclarations(h model.Hospital) error {
	for code, d := range h.Declarations {
		if _, ok := model.DiseaseByCode(code); !ok {
			return fault.Bad("declarations", "hospital %s: there is no disease %.40q", h.ID, code)
		}
		if err := fits(h.ID, text{"note", d.Note, model.MaxNote}); err != nil {
			return err
		}
	}
	return nil
}

func checkWords(h model.Hospital) error {
	for disease, w := range h.Words {
		if _, ok := model.DiseaseByCode(disease); !ok || w.Disease != disease {
			return fault.Bad("words", "hospital %s: a word about %.40q stands at %.40q", h.ID, w.Disease, disease)
		}
		err := fits(h.ID, text{"state", string(w.State), 20}, text{"note", w.Note, model.MaxNote},
			text{"said.state", string(w.Said.State), 20}, text{"said.note", w.Said.Note, model.MaxNote}, text{"by", w.By, model.MaxAccount})
		if err != nil {
			return err
		}
	}
	return nil
}

func checkAnnouncements(h model.Hospital) error {
	for id, a := range h.Announcements {
		if a.ID != id || a.HospitalID != h.ID || !feed.ValidKey(id) || len(id) > maxID {
			return fault.Bad("announcements", "hospital %s: announcement %.40q of %.20q stands at %.40q", h.ID, a.ID, a.HospitalID, id)
		}
		if _, ok := model.DiseaseByCode(a.Disease); !ok && a.Disease != "" {
			return fault.Bad("disease", "hospital %s: there is no disease %.40q", h.ID, a.Disease)
		}
		if !validSource(a.Source) {
			return fault.Bad("source", "hospital %s: a source has a name of at most %d printable ASCII characters", h.ID, maxSource)
		}
		err := fits(h.ID, text{"kind", string(a.Kind), 20}, text{"code", a.Code, model.MaxCode},
			text{"reason", string(a.Reason), 40}, text{"by", a.By, model.MaxAccount},
			text{"text", a.Text, model.MaxText}, text{"department", a.Department, model.MaxDepartment})
		if err != nil {
			return err
		}
	}
	return nil
}

func checkOverrides(h model.Hospital) error {
	for field, o := range h.Overrides {
		if o.Field != field {
			return fault.Bad("overrides", "hospital %s: an override of %.20q stands at %.20q", h.ID, o.Field, field)
		}
		err := fits(h.ID, text{"field", o.Field, 20}, text{"value", o.Value, model.MaxName},
			text{"owner", o.Owner, model.MaxAccount}, text{"reason", o.Reason, model.MaxReason})
		if err != nil {
			return err
		}
	}
	return nil
}

func checkHolds(h model.Hospital) error {
	for id, hold := range h.Holds {
		if _, ok := model.ItemByCode(hold.Item); !ok || hold.Reservation != id || !feed.ValidKey(id) || len(id) > maxID {
			return fault.Bad("holds", "hospital %s: a hold of %.40q for %.40q stands at %.40q", h.ID, hold.Item, hold.Reservation, id)
		}
	}
	return nil
}

func checkConsole(h model.Hospital) error {
	if h.Console != "" && !h.Console.Known() {
		return fault.Bad("console", "hospital %s: no console proves %.20q", h.ID, string(h.Console))
	}
	return nil
}
