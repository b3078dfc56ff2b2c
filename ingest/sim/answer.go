package sim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// The gateway's and the service's words, as recorded or documented.
const (
	prologue     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><response><header><resultCode>%s</resultCode><resultMsg>%s</resultMsg></header>`
	gatewayError = `<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>%s</returnAuthMsg><returnReasonCode>%s</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>`
	blocked      = "<!DOCTYPE HTML PUBLIC \"-//IETF/DTD HTML 2.0//EN\">\n<HTML><HEAD>\n<TITLE>400 Bad Request</TITLE>\n</HEAD><BODY>\n<H1>Request Blocked</H1>\n</BODY></HTML>\n"
	backDown     = "Error forwarding request to backend server\n"
	quotaGone    = "API token quota exceeded\n"
	repair       = "<!DOCTYPE html><html><head><title>서비스 점검</title></head><body><h1>서비스 점검 중입니다</h1></body></html>\n"
	soapError    = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header><ns3:ComMsgHeader xmlns:ns3="http://apache.org/headers" xmlns:ns2="http://openapi.affis.go.kr"><RequestMsgID></RequestMsgID><ServiceKey></ServiceKey><RequestTime></RequestTime><CallBackURI></CallBackURI></ns3:ComMsgHeader></soap:Header><soap:Body><ns2:getSearchGroupListResponse xmlns:ns2="http://openapi.affis.go.kr"><SearchGroupListResponse><errMsg>SERVICE KEY IS NOT REGISTERED ERROR.</errMsg><returnCode>30</returnCode></SearchGroupListResponse></ns2:getSearchGroupListResponse></soap:Body></soap:Envelope>`
)

const (
	typeXML  = "application/xml"
	typeText = "text/plain; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// serve answers an operation.
func (s *Sim) serve(op *operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.ContainsFunc(r.URL.RawQuery, func(c rune) bool { return c > '~' }) {
			answer(w, http.StatusBadRequest, "text/html", blocked) // Korean must be escaped
			return
		}
		f := s.takeFault(op.number)
		as := scenarioByName[f.Mode]
		if as.gateway != nil && as.gateway(f, w, r) {
			return
		}
		body := s.respond(op, r, f, as)
		if as.body != nil {
			body = as.body(body)
		}
		answer(w, http.StatusOK, typeXML, string(body))
	}
}

// respond is what the service itself says.
func (s *Sim) respond(op *operation, r *http.Request, f Fault, as *scenario) []byte {
	v := r.URL.Query()
	if v.Get("serviceKey") != s.key {
		return refusal(unknownError)
	}
	q, ok := readQuery(v)
	if !ok {
		return refusal(badParameter)
	}
	s.mu.Lock()
	items, code := op.items(s, q)
	s.mu.Unlock()
	if code != "" {
		return refusal(code)
	}
	return s.document(op, q, items, f, as)
}

func refusal(code string) []byte {
	return fmt.Appendf(nil, prologue+"</response>", code, resultMessages[code])
}

// document is the whole answer: the page that was asked for of the items.
func (s *Sim) document(op *operation, q query, items []item, f Fault, as *scenario) []byte {
	if as.found != nil {
		items = as.found(f, items)
	}
	total := len(items)
	if as.total != nil {
		total = as.total(total)
	}
	if as.sent != nil {
		items = as.sent(items)
	}
	from := min((q.page-1)*q.rows, len(items))
	items = items[from:min(from+q.rows, len(items))]
	b := bytes.NewBuffer(make([]byte, 0, 1<<10+len(items)*(2<<10)))
	fmt.Fprintf(b, prologue, normal, resultMessages[normal])
	b.WriteString("<body>")
	s.writeItems(b, op.tags, items, from, as)
	fmt.Fprintf(b, "<numOfRows>%d</numOfRows><pageNo>%d</pageNo><totalCount>%d</totalCount></body></response>", q.rows, q.page, total)
	return b.Bytes()
}

func (s *Sim) writeItems(b *bytes.Buffer, tags []string, items []item, before int, as *scenario) {
	if len(items) == 0 {
		b.WriteString("<items/>")
		return
	}
	b.WriteString("<items>")
	for n, it := range items {
		b.WriteString("<item>")
		for i, tag := range tags {
			text := it.texts[i]
			if tag == numbered {
				text = strconv.Itoa(before + n + 1)
			}
			if as.edit != nil {
				tag, text = as.edit(s, it.hospital, tag, text)
			}
			writeElement(b, tag, text)
		}
		b.WriteString("</item>")
	}
	b.WriteString("</items>")
}

// writeElement leaves out what has no text.
func writeElement(b *bytes.Buffer, tag, text string) {
	if text == "" {
		return
	}
	b.WriteByte('<')
	b.WriteString(tag)
	b.WriteByte('>')
	b.WriteString(escaped(text))
	b.WriteString("</")
	b.WriteString(tag)
	b.WriteByte('>')
}

func answer(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // who has gone needs no answer
}
