package sim

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const servicePath = "/B552657/ErmctInfoInqireService/"

var kst = time.FixedZone("KST", 9*60*60)

// An operation is one of the service's nine.
type operation struct {
	number int
	name   string
	tags   []string // of its rows, in the wire's order
	items  func(*Sim, query) (items []item, code string)
}

var operations = []operation{
	{1, "getEmrrmRltmUsefulSckbdInfoInqire", tagsOf(bedColumns), (*Sim).beds},
	{2, "getSrsillDissAceptncPosblInfoInqire", tagsOf(acceptanceColumns), (*Sim).acceptance},
	{3, "getEgytListInfoInqire", tagsOf(listColumns), listOf(all)},
	{4, "getEgytLcinfoInqire", tagsOf(nearColumns), nearOf(all, nearColumns)},
	{5, "getEgytBassInfoInqire", tagsOf(basicColumns), basicOf(all)},
	{6, "getStrmListInfoInqire", tagsOf(listColumns), listOf((*institution).trauma)},
	{7, "getStrmLcinfoInqire", tagsOf(nearTraumaColumns), nearOf((*institution).trauma, nearTraumaColumns)},
	{8, "getStrmBassInfoInqire", tagsOf(basicColumns), basicOf((*institution).trauma)},
	{9, "getEmrrmSrsillDissMsgInqire", tagsOf(messageColumns), (*Sim).announcements},
}

func all(*institution) bool { return true }

// A column is a child of <item>; text is "" where it is absent.
type column[R any] struct {
	tag  string
	text func(*R) string
}

// numbered is the column of the number within an answer; its text is written
// when that is known.
const numbered = "rnum"

// inWireOrder sorts as the wire does: alphabetically in any case.
func inWireOrder[R any](list []column[R]) []column[R] {
	slices.SortFunc(list, func(a, b column[R]) int { return strings.Compare(strings.ToLower(a.tag), strings.ToLower(b.tag)) })
	return list
}

func tagsOf[R any](columns []column[R]) (tags []string) {
	for _, c := range columns {
		tags = append(tags, c.tag)
	}
	return tags
}

// An item is a row as it is written: its texts under the operation's tags.
type item struct {
	hospital string
	texts    []string
}

func itemOf[R any](hospital string, columns []column[R], row *R) item {
	i := item{hospital, make([]string, len(columns))}
	for n, c := range columns {
		if c.text != nil {
			i.texts[n] = c.text(row)
		}
	}
	return i
}

// The service's result codes, and its words for them.
const (
	normal       = "00"
	badParameter = "10"
	noParameter  = "11"
	unknownError = "99"
)

var resultMessages = map[string]string{
	normal:       "NORMAL SERVICE.",
	badParameter: "INVALID REQUEST PARAMETER ERROR.",
	noParameter:  "NO MANDATORY REQUEST PARAMETERS ERROR.",
	unknownError: "SERVICE KEY IS NOT REGISTERED ERROR.", // so recorded: not 30
}

// A query is what a caller asks of an operation. QT, QZ and QD are taken and
// filter nothing.
type query struct {
	url.Values
	page, rows int
}

func readQuery(v url.Values) (q query, ok bool) {
	q = query{Values: v, page: 1, rows: 10}
	for name, n := range map[string]*int{"pageNo": &q.page, "numOfRows": &q.rows} {
		if text := v.Get(name); text != "" {
			if *n, ok = whole(text, 100_000); !ok {
				return q, false
			}
		}
	}
	return q, true
}

// whole reads a number from 1 to most.
func whole(text string, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= most
}

// staged is the filter of operations 1 and 2. The second name is sought
// anywhere in the address: 동구 is found in 남동구 too.
func (q query) staged(h *institution) bool { return q.within(h.sido, h.address, "STAGE1", "STAGE2") }

// listed is the filter of the lists and of the messages.
func (q query) listed(h *institution, name, address string) bool {
	return q.within(h.sido, address, "Q0", "Q1") && strings.Contains(name, q.Get("QN")) &&
		(q.Get("HPID") == "" || q.Get("HPID") == h.id)
}

func (q query) within(sido, address, first, second string) bool {
	return (q.Get(first) == "" || q.Get(first) == sido) && strings.Contains(address, q.Get(second))
}

func (q query) nationwide() bool { return q.Get("STAGE1") == "" && q.Get("STAGE2") == "" }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(kst).Format("20060102150405")
}

var escaping = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")

// escaped leaves line breaks as they are, as the service does.
func escaped(s string) string {
	if !strings.ContainsAny(s, "&<>\r") {
		return s
	}
	return escaping.Replace(s)
}

// writable reports whether a text can stand in XML at all.
func writable(s string) bool {
	var b strings.Builder
	return xml.EscapeText(&b, []byte(s)) == nil && !strings.Contains(b.String(), "\uFFFD")
}
