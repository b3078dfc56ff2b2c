package egen

import (
	"strconv"
	"strings"
	"testing"

	"weer/model"
)

// seeds are what every decoder is first given: its own answers, those of others
// and those that are none.
func seeds(f *testing.F, own ...string) {
	for _, name := range append(own, "errors/http200_empty_items_sibling_service.body.xml",
		"errors/http200_invalid_key_response_envelope.body.xml", "errors/http400_request_blocked.body.html") {
		f.Add(sample(f, name))
	}
}

// fuzzed decodes whatever came and checks what holds for every operation.
func fuzzed[T any](t *testing.T, body []byte, op *operation[T]) []T {
	p, err := decode(body, op)
	if err != nil {
		return nil
	}
	if len(p.values) > p.rows || len(p.rejected) > maxRejected || p.total < -1 {
		t.Fatalf("%d values, %d rejected of %d rows, %d announced", len(p.values), len(p.rejected), p.rows, p.total)
	}
	return p.values
}

// expectText: fit for one line and a column of the database.
func expectText(t *testing.T, what, s string, most int) {
	if !model.Printable(s, most) || s != strings.TrimSpace(s) {
		t.Fatalf("%s: %q", what, s)
	}
}

// contains reports whether the bytes hold one of the words, or may hide it
// behind references or comments.
func contains(body []byte, words ...string) bool {
	upper := strings.ToUpper(string(body))
	for _, w := range words {
		if strings.Contains(upper, w) {
			return true
		}
	}
	return !isPlain(string(body))
}

// FuzzBeds: whatever comes, nothing breaks, and no value is made up: each
// number of a reading stands in the bytes, each row is counted, ids are ids.
func FuzzBeds(f *testing.F) {
	seeds(f, "guide.xml", "gangnam_severance_20240926.xml", "trimmed_20260730.xml", "errors/http200_soap_error.body.xml", "errors/http502_text_plain.body.txt")
	f.Add(item("<hvec>-1</hvec><hvs01>12312</hvs01><hvctayn>N1</hvctayn><hvec>2</hvec>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, o := range fuzzed(t, body, &beds) {
			if !model.ValidHospitalID(o.HospitalID) || o.ObservedAt < 0 {
				t.Fatalf("%+v", o)
			}
			for code, r := range o.Readings {
				checkReading(t, string(body), code, r)
			}
		}
	})
}

// FuzzAcceptance: no state that was not said, no declaration that says nothing.
func FuzzAcceptance(f *testing.F) {
	seeds(f, "op2_guide.xml", "op5_guide.xml")
	f.Add(item("<MKioskTy1>Y  </MKioskTy1><mkioskty2>불가능</mkioskty2><MKioskTy3>N1</MKioskTy3><MKioskTy10Msg>.</MKioskTy10Msg><MKioskTy28>NONE</MKioskTy28>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, d := range fuzzed(t, body, &acceptance) {
			if !model.ValidHospitalID(d.HospitalID) {
				t.Fatal(d.HospitalID)
			}
			for code, said := range d.Declarations {
				_, known := model.DiseaseByCode(code)
				right := said.State == model.Accepts && contains(body, "Y") || said.State == model.Refuses && contains(body, "불가", "N") ||
					said.State == model.AcceptanceNotStated && said.Note != ""
				if !known || !right || said.Since != 0 {
					t.Fatalf("%s: %+v", code, said)
				}
				expectText(t, code, said.Note, model.MaxNote)
			}
		}
	})
}

// FuzzAnnouncements: nothing is lifted that was not said to be, every
// announcement has its name and says something.
func FuzzAnnouncements(f *testing.F) {
	seeds(f, "op9_guide.xml", "op9_items_2025.xml")
	for _, r := range recordedTexts(f)[:20] {
		f.Add([]byte("<response><body><items>" + message(r) + "</items></body></response>"))
	}
	f.Add(item("<symBlkMsg><![CDATA[<br>]]>A<i>B</i></symBlkMsg><symOutDspYon>해제</symOutDspYon><symOutDspMth>A</symOutDspMth><symBlkEndDtm>20991231235959</symBlkEndDtm><trtPrtCodMag>안과</trtPrtCodMag>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, a := range fuzzed(t, body, &announcements) {
			switch {
			case !model.ValidHospitalID(a.HospitalID), a.ID != a.Identify(), a.Text == "" && a.Code == "",
				a.Kind != model.AnnouncementER && a.Kind != model.AnnouncementSevere,
				a.StartsAt < 0, a.EndsAt < 0, a.SinceAt != 0, a.Missed != 0,
				a.Lifted && !contains(body, "해제", "Y"), a.Automatic && !contains(body, "자동", "A"):
				t.Fatalf("%+v", a)
			}
			expectText(t, "text", a.Text, model.MaxText)
			expectText(t, "department", a.Department, model.MaxDepartment)
			expectText(t, "code", a.Code, model.MaxCode)
		}
	})
}

// FuzzInstitutions: every place is in Korea, every text fits.
func FuzzInstitutions(f *testing.F) {
	seeds(f, "op3_guide.xml", "op3_trimmed_202607.xml", "op5_guide.xml", "op5_kyunghee.xml")
	f.Add(item("<dutyAddr>전남  목포시 고하대로</dutyAddr><wgs84Lat>0</wgs84Lat><wgs84Lon>127</wgs84Lon><dutyEmcls>G010</dutyEmcls>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, i := range fuzzed(t, body, &institutions) {
			if !model.ValidHospitalID(i.HospitalID) || i.Place != nil && !i.Place.InKorea() {
				t.Fatalf("%+v %v", i, i.Place)
			}
			expectText(t, "name", i.Name, model.MaxName)
			expectText(t, "address", i.Address, model.MaxAddress)
			expectText(t, "district", i.District, model.MaxDistrict)
			expectText(t, "level", string(i.Level), model.MaxLevel)
			expectText(t, "level's name", i.LevelName, model.MaxLevelName)
			expectText(t, "telephone", i.Tel, model.MaxTel)
			expectText(t, "main telephone", i.MainTel, model.MaxTel)
		}
	})
}

func checkReading(t *testing.T, body, code string, r model.Reading) {
	item, ok := model.ItemByCode(code)
	digits := func(n int) bool {
		return strings.Contains(body, strconv.Itoa(max(n, -n))) || strings.ContainsAny(body, "&<") && !isPlain(body)
	}
	switch {
	case !ok:
		t.Fatalf("%s is no item", code)
	case r.HasTotal && (r.Total < 0 || !digits(r.Total)):
		t.Fatalf("%s: a total from nowhere: %+v", code, r)
	case r.State == model.Known && item.YesNo && r.Value != 0 && r.Value != 1:
		t.Fatalf("%s: %+v", code, r)
	case r.State == model.Known && !item.YesNo && (!digits(r.Value) || r.HasTotal && r.Value > r.Total):
		t.Fatalf("%s: a value from nowhere: %+v", code, r)
	}
}

// isPlain: no number of the text can be pieced together from parts.
func isPlain(body string) bool {
	return !strings.Contains(body, "&#") && !strings.Contains(body, "<!") && !strings.Contains(body, "<?")
}
