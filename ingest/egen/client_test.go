package egen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"weer/model/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A gateway answers instead of the network.
type gateway func(*http.Request) (*http.Response, error)

func (g gateway) RoundTrip(r *http.Request) (*http.Response, error) { return g(r) }

func says(status int, body string) gateway {
	return func(*http.Request) (*http.Response, error) { return reply(status, strings.NewReader(body)), nil }
}

func reply(status int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}
}

// secret is a key as data.go.kr makes them, with everything that escaping changes.
const secret = "aB3+dE/fG7hIjK==lM+nO/pQ=="

func client(t *testing.T, g gateway) *Client {
	t.Helper()
	c, err := New(Options{Key: secret, Transport: g})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheKeyIsEscapedOnce(t *testing.T) {
	for _, key := range []string{secret, url.QueryEscape(secret), strings.ToLower(url.QueryEscape("x+y/z==")), "  " + secret + "\n"} {
		want, _ := plainKey(key)
		var got string
		c, err := New(Options{URL: "http://127.0.0.1:9/sim/", Key: key, Transport: gateway(func(r *http.Request) (*http.Response, error) {
			got = r.URL.String()
			return nil, errors.New("enough")
		})})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Beds(t.Context())
		address := "http://127.0.0.1:9/sim/B552657/ErmctInfoInqireService/getEmrrmRltmUsefulSckbdInfoInqire?serviceKey=" + url.QueryEscape(want) + "&pageNo=1&numOfRows=1000"
		if got != address {
			t.Errorf("%s, want %s", got, address)
		}
	}
}

func TestBothSpellingsAreOneKey(t *testing.T) {
	plain, _ := plainKey(secret)
	escaped, _ := plainKey(url.QueryEscape(secret))
	if plain != secret || escaped != secret {
		t.Errorf("%q and %q", plain, escaped)
	}
}

func TestWrongOptionsNameTheirField(t *testing.T) {
	for _, c := range []struct {
		o     Options
		field string
	}{
		{Options{Key: ""}, "key"},
		{Options{Key: "  "}, "key"},
		{Options{Key: "abc%zz"}, "key"},
		{Options{Key: "k", URL: "apis.data.go.kr"}, "url"},
		{Options{Key: "k", URL: "ftp://apis.data.go.kr"}, "url"},
		{Options{Key: "k", URL: "http://"}, "url"},
		{Options{Key: "k", URL: "http://x?serviceKey=1"}, "url"},
		{Options{Key: "k", URL: "http://x\x7f"}, "url"},
	} {
		_, err := New(c.o)
		var f *fault.Error
		if !errors.As(err, &f) || f.Field != c.field || f.Code != fault.Invalid {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}

func envelope(code, text string) string {
	return "<response><header><resultCode>" + code + "</resultCode><resultMsg>" + text + "</resultMsg></header></response>"
}

func gatewayEnvelope(code, text string) string {
	return "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>" + text +
		"</returnAuthMsg><returnReasonCode>" + code + "</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
}

func TestKindsOfFailure(t *testing.T) {
	recorded := func(name string) string { return string(sample(t, "errors/"+name)) }
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   Kind
	}{
		{"recorded: wrong key says 99", 200, recorded("http200_invalid_key_response_envelope.body.xml"), Operator},
		{"recorded: SOAP", 200, recorded("http200_soap_error.body.xml"), Operator},
		{"recorded: blocked", 400, recorded("http400_request_blocked.body.html"), Bug},
		{"recorded: back end down", 502, recorded("http502_text_plain.body.txt"), Transient},
		{"01", 200, envelope("01", "APPLICATION_ERROR"), Transient},
		{"1 without the zero", 200, envelope("1", "APPLICATION_ERROR"), Transient},
		{"04", 200, envelope("04", "HTTP_ERROR"), Transient},
		{"05", 200, envelope("05", "SERVICETIMEOUT_ERROR"), Transient},
		{"99", 200, envelope("99", "UNKNOWN_ERROR"), Transient},
		{"unknown code", 200, envelope("77", "?"), Transient},
		{"no code", 200, "<response><header/></response>", Transient},
		{"code that is none", 200, envelope("OK", ""), Transient},
		{"10", 200, envelope("10", "INVALID_REQUEST_PARAMETER_ERROR"), Bug},
		{"12", 200, envelope("12", "NO_OPENAPI_SERVICE_ERROR"), Bug},
		{"20", 200, envelope("20", "SERVICE_ACCESS_DENIED_ERROR"), Operator},
		{"31", 200, envelope("31", "DEADLINE_HAS_EXPIRED_ERROR"), Operator},
		{"32", 200, envelope("32", "UNREGISTERED_IP_ERROR"), Operator},
		{"Korean text, unknown code", 200, envelope("99", "등록되지 않은 서비스키입니다."), Operator},
		{"22 in the service's envelope", 200, envelope("22", "x"), Quota},
		{"23", 200, envelope("23", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR"), Transient},
		{"old gateway, quota", 200, gatewayEnvelope("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR"), Quota},
		{"new gateway, quota", 429, "API token quota exceeded", Quota},
		{"new gateway, envelope", 429, gatewayEnvelope("22", "LIMITED NUMBER OF SERVICE REQUESTS EXCEEDS ERROR."), Quota},
		{"new gateway, rate", 429, gatewayEnvelope("23", "x"), Transient},
		{"gateway, key", 403, gatewayEnvelope("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR"), Operator},
		{"gateway, JSON", 403, `{"OpenAPI_ServiceResponse":{"cmmMsgHeader":{"returnReasonCode":"22"}}}`, Quota},
		{"an error envelope with success inside", 500, envelope("00", "NORMAL SERVICE."), Transient},
		{"401", 401, "Unauthorized", Operator},
		{"403", 403, "Forbidden", Operator},
		{"404", 404, "API not found", Transient},
		{"500", 500, "Unexpected errors", Transient},
		{"redirect", 302, "", Transient},
		{"405", 405, "", Bug},
		{"maintenance page", 200, "<!DOCTYPE html><html><body>점검</body></html>", Transient},
		{"cut", 200, "<response><header><resultCode>00</resultCode></header><body><items><item><hpid>A11", Transient},
		{"JSON", 200, `{"response":{"header":{"resultCode":"00"}}}`, Transient},
		{"nothing", 200, "", Transient},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := client(t, says(c.status, c.body)).Beds(t.Context())
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Status != c.status || e.Message == "" || KindOf(err) != c.kind {
				t.Fatalf("%v, want %s", err, c.kind)
			}
			if !fault.Is(err, fault.Unavailable) || fault.Public(err).Message != e.Message {
				t.Errorf("as a fault: %v", fault.Public(err))
			}
		})
	}
}

// Every operation has its own path, asks for the whole country in one page and
// names no region.
func TestWhatIsAsked(t *testing.T) {
	var asked []string
	c := client(t, func(r *http.Request) (*http.Response, error) {
		query := r.URL.Query()
		query.Del("serviceKey")
		asked = append(asked, r.Method+" "+r.URL.Path+" "+query.Encode())
		return reply(200, strings.NewReader(envelope("03", "NODATA_ERROR"))), nil
	})
	_, err1 := c.Beds(t.Context())
	_, err2 := c.Acceptance(t.Context())
	_, err3 := c.Announcements(t.Context())
	_, err4 := c.Institutions(t.Context())
	_, err5 := c.Institution(t.Context(), "A1100001")
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"getEmrrmRltmUsefulSckbdInfoInqire numOfRows=1000&pageNo=1",
		"getSrsillDissAceptncPosblInfoInqire numOfRows=1000&pageNo=1",
		"getEmrrmSrsillDissMsgInqire numOfRows=1000&pageNo=1",
		"getEgytListInfoInqire numOfRows=1000&pageNo=1",
		"getEgytBassInfoInqire HPID=A1100001&numOfRows=1000&pageNo=1",
	} {
		if want = "GET /B552657/ErmctInfoInqireService/" + want; asked[i] != want {
			t.Errorf("%s, want %s", asked[i], want)
		}
	}
}

// A cut answer is shown up to its rows: they have the duty doctors in them.
func TestAnErrorShowsNoRows(t *testing.T) {
	for _, body := range []string{
		`<response><header><resultCode>00</resultCode></header><body><items><item><hvdnm>홍길동</hvdnm><hv1>010-9999-8888</hv1>`,
		`<RESPONSE><BODY><ITEMS><ITEM x="1"><HVDNM>홍길동`,
		`{"response":{"header":{"resultCode":"00"},"body":{"items":{"item":[{"hvdnm":"홍길동"}]}}}}`,
		`{"response":{"body":{"items":{"item":{"hv1":"010-9999-8888"}}}}}`,
	} {
		_, err := client(t, says(200, body)).Beds(t.Context())
		var e *Error
		if text := shows(err); !errors.As(err, &e) || !strings.HasSuffix(e.Body, "(rows)") || strings.Contains(text, "홍길동") || strings.Contains(text, "9999") {
			t.Errorf("%v", err)
		}
	}
}

// shows collects every text that an error can become.
func shows(err error) string {
	s := fmt.Sprintf("%v|%+v|%#v|%s", err, err, fault.Public(err), KindOf(err))
	for e := err; e != nil; e = errors.Unwrap(e) {
		s += "|" + e.Error()
	}
	return s
}

func TestTheKeyIsInNoError(t *testing.T) {
	address := "https://apis.data.go.kr/B552657/x?serviceKey=" + url.QueryEscape(secret)
	everySpelling := strings.Join([]string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.ToLower(url.QueryEscape(secret)),
		url.QueryEscape(url.QueryEscape(secret)), address}, " ")
	for name, g := range map[string]gateway{
		"network": func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("dial %s: refused", r.URL) },
		"nested": func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("no route to " + everySpelling)}
		},
		"answer":      says(400, "bad request: "+everySpelling),
		"XML":         says(200, "<a>"+strings.ReplaceAll(everySpelling, "&", "&amp;")+"</a>"),
		"broken XML":  says(200, "<"+everySpelling),
		"at the edge": says(500, strings.Repeat("x", maxBody-len(secret)/2)+secret),
		"redirect": func(*http.Request) (*http.Response, error) {
			resp := reply(302, strings.NewReader("moved to "+address))
			resp.Header.Set("Location", "http://elsewhere.example/?"+address)
			return resp, nil
		},
	} {
		_, err := client(t, g).Beds(t.Context())
		if err == nil {
			t.Fatal(name)
		}
		text := shows(err)
		for _, part := range []string{"aB3", "nO/pQ", "nO%2FpQ", "nO%2fpQ", "dE/fG7", "apis.data.go.kr/B552657"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(part)) {
				t.Errorf("%s: %q in %s", name, part, text)
			}
		}
	}
}

func TestAnErrorShowsOneLineOfTheAnswer(t *testing.T) {
	_, err := client(t, says(500, "line\none\x00\x1b[31m"+strings.Repeat("가", 5000))).Beds(t.Context())
	var e *Error
	if !errors.As(err, &e) || len([]rune(e.Body)) != maxBody || strings.ContainsAny(e.Body, "\n\x00\x1b") || !strings.HasPrefix(e.Body, "line one") {
		t.Errorf("%v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	calls := 0
	_, err := client(t, func(*http.Request) (*http.Response, error) {
		calls++
		resp := reply(307, strings.NewReader(""))
		resp.Header.Set("Location", "http://elsewhere.example/")
		return resp, nil
	}).Beds(t.Context())
	if calls != 1 || KindOf(err) != Transient {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestAnAnswerWithoutEnd(t *testing.T) {
	for _, status := range []int{200, 500} {
		_, err := client(t, func(*http.Request) (*http.Response, error) { return reply(status, endless{}), nil }).Beds(t.Context())
		if KindOf(err) != Transient || err == nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestAnAnswerThatNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := client(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}).Beds(t.Context())
		if took := time.Since(start); took != pageTime || KindOf(err) != Transient || !strings.Contains(fault.Public(err).Message, "in time") {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

func TestACancelledCallEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := client(t, func(r *http.Request) (*http.Response, error) {
		cancel()
		<-r.Context().Done()
		return nil, r.Context().Err()
	}).Beds(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A connection that breaks in the middle of a body, over real sockets.
func TestABodyThatBreaksOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		_, _ = io.WriteString(w, "<response><header><resultCode>00</resultCode></header><body>")
	}))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c, err := New(Options{URL: server.URL, Key: secret, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Beds(t.Context()); KindOf(err) != Transient || !strings.Contains(err.Error(), "ended early") {
		t.Error(err)
	}
}
