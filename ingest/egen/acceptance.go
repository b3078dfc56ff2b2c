package egen

import (
	"fmt"
	"strings"

	"weer/model"
)

// acceptance is operation 2, 중증응급질환 수용가능정보.
var acceptance = operation[model.Declared]{
	path:  "getSrsillDissAceptncPosblInfoInqire",
	tags:  acceptanceTags(),
	slots: accSlots,
	read:  declared,
	key:   func(d model.Declared) string { return d.HospitalID },
	join:  moreCautious,
}

// diseases is how many there are: MKioskTy1 … MKioskTy28.
const diseases = 28

// The cells of a hospital's declarations: the states in the order of
// [model.Diseases], then their notes.
const (
	accState slot = 0
	accNote       = accState + diseases
	accID         = accNote + diseases
	accName       = accID + 1
	accSlots      = accID + 2
)

func acceptanceTags() map[string]tag {
	m := map[string]tag{"hpid": {slot: accID}, "dutyname": {slot: accName}}
	for i := range slot(diseases) {
		name := fmt.Sprintf("mkioskty%d", i+1)
		m[name] = tag{slot: accState + i}
		m[name+"msg"] = tag{slot: accNote + i}
	}
	return m
}

// declared turns a row of operation 2 into our terms: acceptances, refusals, and
// notes to what is not stated. What is not stated and has no note is left out.
func declared(r *row) (model.Declared, error) {
	// The guide's own example has the hpid where the name should be.
	id := r.cells[accID]
	if name := r.cells[accName]; !id.given && model.ValidHospitalID(name.text) {
		id = name
	}
	hpid, err := hospitalID(id)
	if err != nil {
		return model.Declared{}, err
	}
	d := model.Declared{HospitalID: hpid, Declarations: make(model.Declarations, diseases)}
	for i, disease := range model.Diseases {
		said := model.Declaration{State: r.state(slot(i)), Note: note(r.cells[accNote+slot(i)])}
		if said.State != model.AcceptanceNotStated || said.Note != "" {
			d.Declarations[disease.Code] = said
		}
	}
	return d, nil
}

// state judges what a hospital says of a disease. The wire has three words, Y
// padded with blanks among them. A word that it never had is no answer to the
// question; it is remarked, because it may be a new one.
func (r *row) state(i slot) model.Acceptance {
	c := r.cells[accState+i]
	word := strings.ToUpper(c.text)
	switch {
	case !c.given:
		return model.AcceptanceNotStated
	case c.torn:
		r.remark("MKioskTy%d is there twice, and differs", i+1)
	case word == "Y":
		return model.Accepts
	case strings.HasPrefix(word, "불가"), strings.HasPrefix(word, "N"):
		return model.Refuses
	default:
		r.remark("MKioskTy%d %.20q is none of Y, 불가능 and 정보미제공", i+1, c.text)
	}
	return model.AcceptanceNotStated
}

// note reads limits of age or weight (MKioskTy…Msg), which some fill with a dot.
func note(c cell) string {
	if c.torn || strings.Trim(c.text, ".") == "" {
		return ""
	}
	return label(c.text, maxNote)
}

// moreCautious joins two rows of one hospital.
func moreCautious(held, again model.Declared) model.Declared {
	for _, disease := range model.Diseases {
		a, b := declaration(held, disease), declaration(again, disease)
		if caution[b.State] > caution[a.State] {
			a, b = b, a
		}
		if a.Note == "" && a.State == b.State {
			a.Note = b.Note
		}
		delete(held.Declarations, disease.Code)
		if a.State != model.AcceptanceNotStated || a.Note != "" {
			held.Declarations[disease.Code] = a
		}
	}
	return held
}

// caution orders the states by what a mistake would cost: an ambulance that
// drives to a closed door.
var caution = map[model.Acceptance]int{model.Accepts: 0, model.AcceptanceNotStated: 1, model.Refuses: 2}

func declaration(d model.Declared, disease model.Disease) model.Declaration {
	if said, ok := d.Declarations[disease.Code]; ok {
		return said
	}
	return model.Declaration{State: model.AcceptanceNotStated}
}
