package model

// A Disease (중증응급질환) is something that a hospital declares that it accepts
// or not. The numbers of the national service's operation 2 are not those of
// its operations 5 and 8, which mean other things; neither is used here.
type Disease struct {
	Code     string // ours
	Official string // symTypCod of operation 9; "" for the emergency room itself
	Korean   string // the official name, its group in brackets
	English  string
}

// Diseases are the 28 of operation 2, in its order (MKioskTy1 … MKioskTy28).
var Diseases = []Disease{
	{"severe.mi_reperfusion", "Y0010", "[재관류중재술] 심근경색", "Reperfusion: myocardial infarction (PCI)"},
	{"severe.stroke_reperfusion", "Y0020", "[재관류중재술] 뇌경색", "Reperfusion: cerebral infarction"},
	{"severe.sah_surgery", "Y0031", "[뇌출혈수술] 거미막하출혈", "Brain-haemorrhage surgery: subarachnoid"},
	{"severe.ich_surgery", "Y0032", "[뇌출혈수술] 거미막하출혈 외", "Brain-haemorrhage surgery: other than SAH"},
	{"severe.aorta_thoracic", "Y0041", "[대동맥응급] 흉부", "Aortic emergency: thoracic"},
	{"severe.aorta_abdominal", "Y0042", "[대동맥응급] 복부", "Aortic emergency: abdominal"},
	{"severe.gallbladder", "Y0051", "[담낭담관질환] 담낭질환", "Gallbladder disease"},
	{"severe.biliary", "Y0052", "[담낭담관질환] 담도포함질환", "Biliary disease incl. bile duct"},
	{"severe.abdominal_surgery", "Y0060", "[복부응급수술] 비외상", "Abdominal emergency surgery, non-trauma"},
	{"severe.intussusception_infant", "Y0070", "[장중첩/폐색] 영유아", "Intussusception/obstruction, infant"},
	{"severe.gi_endoscopy", "Y0081", "[응급내시경] 성인 위장관", "Emergency endoscopy: adult GI"},
	{"severe.gi_endoscopy_infant", "Y0082", "[응급내시경] 영유아 위장관", "Emergency endoscopy: infant GI"},
	{"severe.bronchoscopy", "Y0091", "[응급내시경] 성인 기관지", "Emergency bronchoscopy: adult"},
	{"severe.bronchoscopy_infant", "Y0092", "[응급내시경] 영유아 기관지", "Emergency bronchoscopy: infant"},
	{"severe.low_birth_weight", "Y0100", "[저체중출생아] 집중치료", "Low-birth-weight infant intensive care"},
	{"severe.delivery", "Y0111", "[산부인과응급] 분만", "Ob/Gyn emergency: delivery"},
	{"severe.obstetric_surgery", "Y0112", "[산부인과응급] 산과수술", "Ob/Gyn emergency: obstetric surgery"},
	{"severe.gynecologic_surgery", "Y0113", "[산부인과응급] 부인과수술", "Ob/Gyn emergency: gynaecological surgery"},
	{"severe.burn", "Y0120", "[중증화상] 전문치료", "Major burns: specialised care"},
	{"severe.replantation_digit", "Y0131", "[사지접합] 수족지접합", "Replantation: fingers/toes"},
	{"severe.replantation_limb", "Y0132", "[사지접합] 수족지접합 외", "Replantation: other limbs"},
	{"severe.dialysis_hd", "Y0141", "[응급투석] HD", "Emergency dialysis: HD"},
	{"severe.dialysis_crrt", "Y0142", "[응급투석] CRRT", "Emergency dialysis: CRRT"},
	{"severe.psychiatric_admission", "Y0150", "[정신과적응급] 폐쇄병동입원", "Psychiatric emergency: closed-ward admission"},
	{"severe.eye_surgery", "Y0160", "[안과적수술] 응급", "Emergency eye surgery"},
	{"severe.intervention", "Y0171", "[영상의학혈관중재] 성인", "Interventional radiology: adult"},
	{"severe.intervention_infant", "Y0172", "[영상의학혈관중재] 영유아", "Interventional radiology: infant"},
	{"severe.emergency_room", "", "응급실(Emergency gate keeper)", "Emergency room gate keeper (ER open)"},
}

var diseaseByCode, diseaseByOfficial = func() (byCode, byOfficial map[string]Disease) {
	byCode, byOfficial = map[string]Disease{}, map[string]Disease{}
	for _, d := range Diseases {
		byCode[d.Code] = d
		if d.Official != "" {
			byOfficial[d.Official] = d
		}
	}
	return byCode, byOfficial
}()

// DiseaseByCode finds a disease by our code.
func DiseaseByCode(code string) (Disease, bool) {
	d, ok := diseaseByCode[code]
	return d, ok
}

// DiseaseByOfficial finds a disease by its symTypCod ("Y0010").
func DiseaseByOfficial(code string) (Disease, bool) {
	d, ok := diseaseByOfficial[code]
	return d, ok
}
