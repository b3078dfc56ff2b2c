package egen

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"weer/model/fault"
)

// The official table, written down again: code, English text, Korean text where
// the gateway is known to send one.
var officialCodes = []struct {
	code            int
	english, korean string
	kind            Kind
}{
	{1, "APPLICATION_ERROR", "어플리케이션 에러", Transient},
	{2, "DB_ERROR", "데이터베이스 에러", Transient},
	{4, "HTTP_ERROR", "HTTP 에러", Transient},
	{5, "SERVICETIME_OUT", "서비스 연결실패 에러", Transient},
	{10, "INVALID_REQUEST_PARAMETER_ERROR", "잘못된 요청 파라메터 에러", Bug},
	{11, "NO_MANDATORY_REQUEST_PARAMETERS_ERROR", "필수요청 파라메터가 없음", Bug},
	{12, "NO_OPENAPI_SERVICE_ERROR", "해당 오픈API서비스가 없거나 폐기됨", Bug},
	{20, "SERVICE_ACCESS_DENIED_ERROR", "서비스 접근거부", Operator},
	{21, "TEMPORARILY_DISABLE_THE_SERVICEKEY_ERROR", "일시적으로 사용할 수 없는 서비스 키", Operator},
	{22, "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", "서비스 요청제한횟수 초과에러", Quota},
	{23, "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR", "초당 서비스 요청제한횟수 초과에러", Transient},
	{29, "BLACKLISTED_IP_ERROR", "차단된 IP", Operator},
	{30, "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "등록되지 않은 서비스키", Operator},
	{31, "DEADLINE_HAS_EXPIRED_ERROR", "활용기간 만료", Operator},
	{32, "UNREGISTERED_IP_ERROR", "등록되지 않은 IP", Operator},
	{99, "UNKNOWN_ERROR", "기타에러", Transient},
}

// envelopes are the forms in which a code was seen, or is guarded against.
var envelopes = map[string]func(code, text string) string{
	"service": envelope,
	"gateway": gatewayEnvelope,
	"JSON of the gateway, code as text": func(code, text string) string {
		return `{"OpenAPI_ServiceResponse":{"cmmMsgHeader":{"errMsg":"SERVICE ERROR","returnAuthMsg":"` + text + `","returnReasonCode":"` + code + `"}}}`
	},
	"JSON of the gateway, code as number": func(code, text string) string {
		return "{\n \"OpenAPI_ServiceResponse\" : {\n \"cmmMsgHeader\" : { \"returnReasonCode\" : " + code + ", \"returnAuthMsg\" : \"" + text + "\" }}}"
	},
	"SOAP": func(code, text string) string {
		return `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><r:x xmlns:r="u"><errMsg>` + text +
			`</errMsg><r:returnCode>` + code + `</r:returnCode></r:x></soap:Body></soap:Envelope>`
	},
	"CDATA and attributes": func(code, text string) string {
		return `<OpenAPI_ServiceResponse><cmmMsgHeader><returnReasonCode type="int"> <![CDATA[` + code + `]]></returnReasonCode><returnAuthMsg>` + text + `</returnAuthMsg></cmmMsgHeader></OpenAPI_ServiceResponse>`
	},
}

// Every code in every form, with and without its leading zero, in English, in
// Korean and without a text, whatever status the gateway gives it.
func TestEveryCodeInEveryEnvelope(t *testing.T) {
	for _, c := range officialCodes {
		for name, form := range envelopes {
			for _, code := range []string{fmt.Sprintf("%02d", c.code), fmt.Sprintf("%d", c.code)} {
				for _, text := range []string{c.english, c.korean, ""} {
					for _, status := range []int{200, 401, 403, 429, 500} {
						expectKind(t, fmt.Sprintf("%s %d %s %q", name, status, code, text), status, form(code, text), c.kind)
					}
				}
			}
		}
	}
}

func expectKind(t *testing.T, name string, status int, body string, want Kind) {
	t.Helper()
	a, err := client(t, says(status, body)).Announcements(t.Context())
	var e *Error
	if !errors.As(err, &e) || e.Kind != want || e.Status != status || !fault.Is(err, fault.Unavailable) || len(a.Values) != 0 || a.Complete {
		t.Errorf("%s: %v, want %s", name, err, want)
	}
}

// The texts alone, as the gateway also sends them: behind code 99, behind none.
func TestTextsDecideWhereTheCodeSaysLess(t *testing.T) {
	for _, c := range officialCodes {
		if c.kind == Transient && c.code != 23 || c.kind == Bug || c.code == 29 {
			continue // nothing that a text would change
		}
		for _, text := range []string{c.english, c.korean} {
			expectKind(t, "99 "+text, 200, envelope("99", text), c.kind)
			expectKind(t, "no code "+text, 200, gatewayEnvelope("", text), c.kind)
			expectKind(t, "plain "+text, 500, text, c.kind)
		}
	}
	expectKind(t, "as recorded", 200, envelope("99", "등록되지 않은 서비스키입니다."), Operator)
	expectKind(t, "as recorded", 200, envelope("99", "SERVICE ACCESS DENIED ERROR."), Operator)
	expectKind(t, "plain text of the quota", http.StatusTooManyRequests, "API token quota exceeded", Quota)
	expectKind(t, "429 without a word", http.StatusTooManyRequests, "", Transient)
	expectKind(t, "429 of another kind", http.StatusTooManyRequests, "Too Many Requests", Transient)
}

// No rows is no error, in whichever envelope it is said, and never the end of
// the country.
func TestNoDataInEveryEnvelope(t *testing.T) {
	for name, form := range envelopes {
		for _, code := range []string{"03", "3"} {
			a, err := client(t, says(200, form(code, "NODATA_ERROR"))).Acceptance(t.Context())
			if err != nil || a.Rows != 0 || len(a.Values) != 0 || a.Complete {
				t.Errorf("%s %s: %+v, %v", name, code, a, err)
			}
		}
	}
	expectKind(t, "not with another status", 500, envelope("03", "NODATA_ERROR"), Transient)
}

// What a hospital writes is not mistaken for a word of the gateway.
func TestAHospitalsWordsAreNoRefusal(t *testing.T) {
	whole := `<response><header><resultCode>00</resultCode></header><body><items><item><hpid>A1100001</hpid><symBlkMsg>access denied, quota exceeded, 서비스 접근거부</symBlkMsg></item></items><totalCount>1</totalCount></body></response>`
	a, err := client(t, says(200, whole)).Announcements(t.Context())
	if err != nil || len(a.Values) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	expectKind(t, "cut", 200, whole[:len(whole)-20], Transient)
}

// The recorded bodies lead to the same, whichever operation asked.
func TestRecordedBodiesForEveryOperation(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		kind   Kind
	}{
		"http200_invalid_key_response_envelope.body.xml": {200, Operator},
		"http200_soap_error.body.xml":                    {200, Operator},
		"http400_request_blocked.body.html":              {400, Bug},
		"http502_text_plain.body.txt":                    {502, Transient},
	} {
		cl := client(t, says(c.status, string(sample(t, "errors/"+name))))
		for op, ask := range map[string]func() error{
			"beds":          func() error { _, err := cl.Beds(t.Context()); return err },
			"acceptance":    func() error { _, err := cl.Acceptance(t.Context()); return err },
			"announcements": func() error { _, err := cl.Announcements(t.Context()); return err },
			"institutions":  func() error { _, err := cl.Institutions(t.Context()); return err },
			"institution":   func() error { _, err := cl.Institution(t.Context(), "A1100001"); return err },
		} {
			if err := ask(); err == nil || KindOf(err) != c.kind {
				t.Errorf("%s, %s: %v, want %s", name, op, err, c.kind)
			}
		}
	}
}
