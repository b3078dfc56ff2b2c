package sim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const bedsPath = "/B552657/ErmctInfoInqireService/getEmrrmRltmUsefulSckbdInfoInqire"

var kst = time.FixedZone("KST", 9*60*60)

// An element is a child of <item>; text is "" where it is absent.
type element struct {
	tag  string
	text func(r *row, number int) string
}

// elements are all children, in the wire's order: alphabetical in any case.
var elements = func() []element {
	list := []element{
		{"dutyName", func(r *row, _ int) string { return escaped(r.name) }},
		{"dutyTel3", func(r *row, _ int) string { return escaped(r.tel) }},
		{"hpid", func(r *row, _ int) string { return r.id }},
		{"hvamyn", func(*row, int) string { return "Y" }},
		{"hvidate", func(r *row, _ int) string { return r.at.In(kst).Format("20060102150405") }},
		{"phpid", func(r *row, _ int) string { return r.id }},
		{"rnum", func(_ *row, number int) string { return strconv.Itoa(number) }},
	}
	for i, f := range fields {
		list = append(list,
			element{f.available, func(r *row, _ int) string { return r.readings[i].value }},
			element{f.baseline, func(r *row, _ int) string { return r.readings[i].total }})
		if f.mirror != "" {
			list = append(list, element{f.mirror, func(r *row, _ int) string { return owned(r.readings[i].value) }})
		}
	}
	slices.SortFunc(list, func(a, b element) int { return strings.Compare(strings.ToLower(a.tag), strings.ToLower(b.tag)) })
	return list
}()

func owned(flag string) string {
	if flag == "N1" {
		return ""
	}
	return flag
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// The gateway's words, as recorded.
const (
	prologue   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><response><header><resultCode>%s</resultCode><resultMsg>%s</resultMsg></header>`
	wrongKey   = "SERVICE KEY IS NOT REGISTERED ERROR."
	badRequest = "INVALID REQUEST PARAMETER ERROR."
	blocked    = "<!DOCTYPE HTML PUBLIC \"-//IETF/DTD HTML 2.0//EN\">\n<HTML><HEAD>\n<TITLE>400 Bad Request</TITLE>\n</HEAD><BODY>\n<H1>Request Blocked</H1>\n</BODY></HTML>\n"
	backDown   = "Error forwarding request to backend server\n"
	quotaGone  = "API token quota exceeded\n"
	repair     = "<!DOCTYPE html><html><head><title>서비스 점검</title></head><body><h1>서비스 점검 중입니다</h1></body></html>\n"
)

// A query is what a caller asks of operation 1.
type query struct {
	stage1, stage2 string // 시도; part of the address
	page, rows     int
}

func (q query) nationwide() bool { return q.stage1 == "" && q.stage2 == "" }

func (q query) wants(h *institution) bool {
	return (q.stage1 == "" || q.stage1 == h.sido) && strings.Contains(h.address, q.stage2)
}

func readQuery(v url.Values) (q query, ok bool) {
	q = query{stage1: v.Get("STAGE1"), stage2: v.Get("STAGE2"), page: 1, rows: 10}
	for name, n := range map[string]*int{"pageNo": &q.page, "numOfRows": &q.rows} {
		if text := v.Get(name); text != "" {
			var err error
			if *n, err = strconv.Atoi(text); err != nil || *n < 1 || *n > 100_000 {
				return q, false
			}
		}
	}
	return q, true
}

func (s *Sim) serveBeds(w http.ResponseWriter, r *http.Request) {
	if strings.ContainsFunc(r.URL.RawQuery, func(c rune) bool { return c > '~' }) {
		answer(w, http.StatusBadRequest, "text/html", blocked) // Korean must be escaped
		return
	}
	broken := s.takeFault()
	if broken.gateway(w, r) {
		return
	}
	v := r.URL.Query()
	if v.Get("serviceKey") != s.key {
		answer(w, http.StatusOK, "application/xml", fmt.Sprintf(prologue, "99", wrongKey)+"</response>")
		return
	}
	q, ok := readQuery(v)
	if !ok {
		answer(w, http.StatusOK, "application/xml", fmt.Sprintf(prologue, "10", badRequest)+"</response>")
		return
	}
	body := s.beds(q, broken)
	if broken.Mode == FaultTruncated {
		body = body[:len(body)*2/3]
	}
	answer(w, http.StatusOK, "application/xml", string(body))
}

// beds is the whole document.
func (s *Sim) beds(q query, broken Fault) []byte {
	rows, total := s.rows(q, broken)
	b := bytes.NewBuffer(make([]byte, 0, 1<<10+len(rows)*(2<<10)))
	fmt.Fprintf(b, prologue, "00", "NORMAL SERVICE.")
	b.WriteString("<body>")
	writeItems(b, rows, (q.page-1)*q.rows)
	fmt.Fprintf(b, "<numOfRows>%d</numOfRows><pageNo>%d</pageNo><totalCount>%d</totalCount></body></response>", q.rows, q.page, total)
	return b.Bytes()
}

// rows are those of the asked page, and how many there are on all pages.
func (s *Sim) rows(q query, broken Fault) (page []row, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.nationwide() && q.page == 1 {
		s.stir()
	}
	var found []*institution
	for _, h := range s.hospitals {
		if q.wants(h) && !broken.hides(h) {
			found = append(found, h)
		}
	}
	total, found = len(found), broken.cut(found)
	from := min((q.page-1)*q.rows, len(found))
	for _, h := range found[from:min(from+q.rows, len(found))] {
		page = append(page, s.row(h))
	}
	return page, total
}

func writeItems(b *bytes.Buffer, rows []row, before int) {
	if len(rows) == 0 {
		b.WriteString("<items/>")
		return
	}
	b.WriteString("<items>")
	for i := range rows {
		b.WriteString("<item>")
		for _, e := range elements {
			if text := e.text(&rows[i], before+i+1); text != "" {
				b.WriteString("<" + e.tag + ">" + text + "</" + e.tag + ">")
			}
		}
		b.WriteString("</item>")
	}
	b.WriteString("</items>")
}

func answer(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // who has gone needs no answer
}
