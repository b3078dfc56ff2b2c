package egen

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"weer/model"
)

func accepts(note string) model.Declaration {
	return model.Declaration{State: model.Accepts, Note: note}
}

func refuses(note string) model.Declaration {
	return model.Declaration{State: model.Refuses, Note: note}
}

func silent(note string) model.Declaration {
	return model.Declaration{State: model.AcceptanceNotStated, Note: note}
}

// The guide's example, whose hpid stands where the name should be.
func TestRecordedAcceptance(t *testing.T) {
	p, err := decode(sample(t, "op2_guide.xml"), &acceptance)
	if err != nil {
		t.Fatal(err)
	}
	want := model.Declarations{
		"severe.mi_reperfusion":         accepts(""),
		"severe.stroke_reperfusion":     accepts(""),
		"severe.sah_surgery":            accepts(""),
		"severe.ich_surgery":            accepts(""),
		"severe.aorta_thoracic":         accepts(""),
		"severe.aorta_abdominal":        accepts(""),
		"severe.gallbladder":            accepts(""),
		"severe.biliary":                refuses(""),
		"severe.abdominal_surgery":      accepts(""),
		"severe.intussusception_infant": refuses("1day"),
		"severe.gi_endoscopy":           accepts(""),
		"severe.gi_endoscopy_infant":    accepts("1day"),
		"severe.bronchoscopy":           accepts(""),
		// severe.bronchoscopy_infant: 정보미제공
		"severe.low_birth_weight":    refuses("체중상관없음"),
		"severe.delivery":            refuses(""),
		"severe.obstetric_surgery":   accepts(""),
		"severe.gynecologic_surgery": accepts(""),
		// severe.burn, severe.replantation_digit, severe.replantation_limb: 정보미제공
		"severe.dialysis_hd":           accepts(""),
		"severe.dialysis_crrt":         accepts(""),
		"severe.psychiatric_admission": accepts(""),
		"severe.eye_surgery":           accepts(""),
		"severe.intervention":          accepts(""),
		"severe.intervention_infant":   accepts("1day"),
		"severe.emergency_room":        accepts(""),
	}
	if len(p.values) != 1 || p.values[0].HospitalID != "A2800001" || p.total != 2 || len(p.rejected) != 0 {
		t.Fatalf("%+v", p)
	}
	if got := p.values[0].Declarations; !maps.Equal(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestWhatADeclarationMeans(t *testing.T) {
	nothing := model.Declaration{}
	for _, c := range []struct {
		name     string
		children string
		want     model.Declaration // of gastrointestinal endoscopy of infants (12); nothing: none
		remark   string
	}{
		{"absent", "", nothing, ""},
		{"accepts, padded as on the wire", "<MKioskTy12>Y         </MKioskTy12>", accepts(""), ""},
		{"any case of tag and word", "<mkiosktY12>y</mkiosktY12>", accepts(""), ""},
		{"refuses", "<MKioskTy12>불가능</MKioskTy12>", refuses(""), ""},
		{"refuses, padded", "<MKioskTy12>\n 불가능\t</MKioskTy12>", refuses(""), ""},
		{"refuses, in the guide's word", "<MKioskTy12>N</MKioskTy12>", refuses(""), ""},
		{"refuses, as the board says", "<MKioskTy12>N1</MKioskTy12>", refuses(""), ""},
		{"does not say", "<MKioskTy12>정보미제공</MKioskTy12>", nothing, ""},
		{"does not say, padded", "<MKioskTy12>정보미제공   </MKioskTy12>", nothing, ""},
		{"does not say, as the board says", "<MKioskTy12>NONE</MKioskTy12>", nothing, ""},
		{"null is no refusal", "<MKioskTy12>null</MKioskTy12>", nothing, ""},
		{"blank", "<MKioskTy12> </MKioskTy12>", nothing, ""},
		{"a number", "<MKioskTy12>0</MKioskTy12>", nothing, `MKioskTy12 "0" is none of Y, 불가능 and 정보미제공`},
		{"a new word", "<MKioskTy12>검토중</MKioskTy12>", nothing, `MKioskTy12 "검토중" is none of Y, 불가능 and 정보미제공`},
		{"not yes", "<MKioskTy12>YES</MKioskTy12>", nothing, `MKioskTy12 "YES" is none of Y, 불가능 and 정보미제공`},
		{"twice the same", "<MKioskTy12>Y</MKioskTy12><mkioskty12>Y </mkioskty12>", accepts(""), ""},
		{"twice and different", "<MKioskTy12>Y</MKioskTy12><MKioskTy12>불가능</MKioskTy12>", nothing, "MKioskTy12 is there twice, and differs"},
		{"another disease", "<MKioskTy1>Y</MKioskTy1><MKioskTy2>Y</MKioskTy2>", nothing, ""},
		{"a disease that there is not", "<MKioskTy29>Y</MKioskTy29><MKioskTy0>Y</MKioskTy0><MKioskTy>Y</MKioskTy>", nothing, ""},
		{"a note", "<MKioskTy12>Y</MKioskTy12><MKioskTy12Msg> 24개월\n이상 </MKioskTy12Msg>", accepts("24개월 이상"), ""},
		{"a note to a refusal", "<MKioskTy12>불가능</MKioskTy12><MKioskTy12Msg>불가능</MKioskTy12Msg>", refuses("불가능"), ""},
		{"a note that stands alone", "<MKioskTy12>정보미제공</MKioskTy12><mkioskty12msg>문의</mkioskty12msg>", silent("문의"), ""},
		{"a note is no state", "<MKioskTy12Msg>Y</MKioskTy12Msg>", silent("Y"), ""},
		{"a dot fills", "<MKioskTy12>Y</MKioskTy12><MKioskTy12Msg>.</MKioskTy12Msg>", accepts(""), ""},
		{"dots fill", "<MKioskTy12Msg>..</MKioskTy12Msg>", nothing, ""},
		{"two notes", "<MKioskTy12>Y</MKioskTy12><MKioskTy12Msg>1</MKioskTy12Msg><MKioskTy12Msg>2</MKioskTy12Msg>", accepts(""), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := decode(item(c.children), &acceptance)
			if err != nil || len(p.values) != 1 || p.values[0].HospitalID != "A1100001" {
				t.Fatalf("%+v, %v", p, err)
			}
			got, ok := p.values[0].Declarations["severe.gi_endoscopy_infant"]
			if got != c.want || ok != (c.want != nothing) {
				t.Errorf("%+v (there: %v), want %+v", got, ok, c.want)
			}
			if got := strings.Join(p.rejected, "; "); c.remark == "" && got != "" || c.remark != "" && got != "row 1: "+c.remark {
				t.Errorf("remarked: %s", got)
			}
		})
	}
}

// Each number is the disease in that place of the official list, by its symTypCod.
func TestEveryNumberIsItsDisease(t *testing.T) {
	official := strings.Fields("Y0010 Y0020 Y0031 Y0032 Y0041 Y0042 Y0051 Y0052 Y0060 Y0070 Y0081 Y0082 Y0091 Y0092 " +
		"Y0100 Y0111 Y0112 Y0113 Y0120 Y0131 Y0132 Y0141 Y0142 Y0150 Y0160 Y0171 Y0172")
	for i, code := range official {
		p, err := decode(item(fmt.Sprintf("<MKioskTy%d>불가능</MKioskTy%d>", i+1, i+1)), &acceptance)
		if err != nil {
			t.Fatal(err)
		}
		disease, ok := model.DiseaseByOfficial(code)
		if got := p.values[0].Declarations; !ok || !maps.Equal(got, model.Declarations{disease.Code: refuses("")}) {
			t.Errorf("MKioskTy%d: %+v, want %s", i+1, got, disease.Code)
		}
	}
	if len(model.Diseases) != diseases || len(official) != diseases-1 {
		t.Errorf("%d diseases", len(model.Diseases))
	}
}

func TestAnHpidInThePlaceOfTheName(t *testing.T) {
	for children, want := range map[string]string{
		"<dutyName>A2800001</dutyName>":                              "A2800001",
		"<dutyName> A2800001 </dutyName><hpid/>":                     "A2800001",
		"<dutyName>A2800001</dutyName><hpid>A1</hpid>":               "row 1: hpid \"A1\" is none",
		"<dutyName>A2800001병원</dutyName>":                            "row 1: no hpid",
		"<dutyName>병원</dutyName>":                                    "row 1: no hpid",
		"<dutyName>A2800001</dutyName><hpid>A1100001</hpid>":         "A1100001",
		"<dutyName>A2800001</dutyName><dutyName>A2800002</dutyName>": "row 1: hpid \"A2800001\" is none",
	} {
		p, err := decode([]byte("<response><body><items><item>"+children+"</item></items></body></response>"), &acceptance)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(p.rejected, ";")
		if len(p.values) == 1 {
			got += p.values[0].HospitalID
		}
		if got != want {
			t.Errorf("%s: %s, want %s", children, got, want)
		}
	}
}

// Two rows of one hospital: the more cautious word counts, whichever comes first.
func TestAHospitalThatDeclaresTwice(t *testing.T) {
	say := func(state, note string) string {
		s := "<item><hpid>A1100001</hpid>"
		if state != "" {
			s += "<MKioskTy12>" + state + "</MKioskTy12>"
		}
		return s + "<MKioskTy12Msg>" + note + "</MKioskTy12Msg></item>"
	}
	nothing := model.Declaration{}
	for _, c := range []struct {
		a, b string
		want model.Declaration
	}{
		{say("Y", ""), say("Y", ""), accepts("")},
		{say("Y", ""), say("불가능", "야간"), refuses("야간")},
		{say("Y", "1day"), say("정보미제공", ""), nothing},
		{say("Y", ""), say("", ""), nothing},
		{say("불가능", ""), say("정보미제공", "문의"), refuses("")},
		{say("Y", ""), say("Y", "1day"), accepts("1day")},
		{say("", ""), say("", "문의"), silent("문의")},
	} {
		for _, rows := range []string{c.a + c.b, c.b + c.a} {
			body := "<response><header><resultCode>00</resultCode></header><body><items>" + rows + "</items><totalCount>2</totalCount></body></response>"
			a, err := client(t, says(200, body)).Acceptance(t.Context())
			if err != nil || len(a.Values) != 1 || a.Rows != 2 || !a.Complete {
				t.Fatalf("%+v, %v", a, err)
			}
			got, ok := a.Values[0].Declarations["severe.gi_endoscopy_infant"]
			if got != c.want || ok != (c.want != nothing) {
				t.Errorf("%s: %+v, want %+v", rows, got, c.want)
			}
		}
	}
}

// The diseases of operations 2 and 5 have the same tags and other meanings.
func TestTheListsOfDiseasesAreNeverMixed(t *testing.T) {
	for name, tags := range map[string]map[string]tag{"list": institutionTags, "beds": bedTags, "announcements": announcementTags} {
		for tag := range tags {
			if strings.Contains(tag, "kiosk") {
				t.Errorf("%s reads %s", name, tag)
			}
		}
	}
	numbered := slices.DeleteFunc(slices.Collect(maps.Keys(acceptance.tags)), func(s string) bool { return !strings.HasPrefix(s, "mkioskty") })
	if len(numbered) != 2*diseases {
		t.Errorf("%d tags of %d diseases", len(numbered), diseases)
	}
	body := strings.Replace(string(sample(t, "op5_kyunghee.xml")), "<hpid>A1100001</hpid>", "<hpid>A1100001</hpid><MKioskTy28>Y</MKioskTy28>", 1)
	p, err := decode([]byte(body), &institution)
	if err != nil || len(p.values) != 1 || strings.Contains(fmt.Sprintf("%+v", p), "severe.") {
		t.Errorf("%+v, %v", p, err)
	}
}
