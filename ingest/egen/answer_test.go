package egen

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestEmptyAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"recorded":     string(sample(t, "errors/http200_empty_items_sibling_service.body.xml")),
		"no data":      envelope("03", "NODATA_ERROR"),
		"no data, 3":   envelope("3", "NODATA_ERROR"),
		"nothing said": envelope("00", ""),
	} {
		a, err := client(t, says(200, body)).Beds(t.Context())
		if err != nil || a.Rows != 0 || len(a.Values) != 0 {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		if a.Complete {
			t.Errorf("%s: an empty country is believed", name)
		}
	}
}

// rows answers a country of n hospitals, at most limit rows a page.
func rows(n, limit int) gateway {
	return func(r *http.Request) (*http.Response, error) {
		page, _ := strconv.Atoi(r.URL.Query().Get("pageNo"))
		asked, _ := strconv.Atoi(r.URL.Query().Get("numOfRows"))
		size := min(limit, asked)
		var b strings.Builder
		b.WriteString("<response><header><resultCode>0</resultCode></header><body><items>")
		for i := (page - 1) * size; i < min(page*size, n); i++ {
			fmt.Fprintf(&b, "<item><hpid>A11%05d</hpid><hvec>1</hvec></item>", i)
		}
		fmt.Fprintf(&b, "</items><totalCount>%d</totalCount></body></response>", n)
		return reply(200, strings.NewReader(b.String())), nil
	}
}

func TestPages(t *testing.T) {
	for _, c := range []struct {
		n, limit, rows int
		complete       bool
	}{
		{443, 1000, 443, true},
		{1, 1000, 1, true},
		{1000, 1000, 1000, true},
		{1001, 1000, 1001, true},
		{2500, 1000, 2500, true},
		{443, 100, 443, true},     // a gateway that cuts pages short
		{443, 10, 10 * 10, false}, // one that would eat the quota
	} {
		a, err := client(t, rows(c.n, c.limit)).Beds(t.Context())
		if err != nil || a.Rows != c.rows || len(a.Values) != c.rows || a.Total != c.n || a.Complete != c.complete {
			t.Errorf("%+v: %d rows of %d, complete %v, %v", c, a.Rows, a.Total, a.Complete, err)
		}
	}
}

// pages answers each page from a list: hospital numbers, and what is announced.
func pages(total []int, list ...[]int) gateway {
	return func(r *http.Request) (*http.Response, error) {
		n, _ := strconv.Atoi(r.URL.Query().Get("pageNo"))
		var b strings.Builder
		b.WriteString("<response><header><resultCode>00</resultCode></header><body><items>")
		if n <= len(list) {
			for _, i := range list[n-1] {
				fmt.Fprintf(&b, "<item><hpid>A11%05d</hpid></item>", i)
			}
		}
		b.WriteString("</items>")
		if t := total[min(n, len(total))-1]; t >= 0 {
			fmt.Fprintf(&b, "<totalCount>%d</totalCount>", t)
		}
		b.WriteString("</body></response>")
		return reply(200, strings.NewReader(b.String())), nil
	}
}

func TestWhatIsComplete(t *testing.T) {
	for name, c := range map[string]struct {
		g        gateway
		rows     int
		complete bool
	}{
		"all":                  {pages([]int{2}, []int{1, 2}), 2, true},
		"half":                 {pages([]int{4}, []int{1, 2}), 2, false},
		"more than announced":  {pages([]int{1}, []int{1, 2}), 2, false},
		"nothing announced":    {pages([]int{-1}, []int{1, 2}), 2, false},
		"the same row twice":   {pages([]int{3}, []int{1, 2, 2}), 3, true},
		"two pages":            {pages([]int{3}, []int{1, 2}, []int{3}), 3, true},
		"a row slid to page 2": {pages([]int{4}, []int{1, 2}, []int{2, 3}), 4, false},
		"the total changed":    {pages([]int{4, 5}, []int{1, 2}, []int{3, 4, 5}), 5, false},
		"none, none announced": {pages([]int{0}), 0, false},
		"none, but announced":  {pages([]int{5}), 0, false},
	} {
		a, err := client(t, c.g).Beds(t.Context())
		if err != nil || a.Rows != c.rows || a.Complete != c.complete {
			t.Errorf("%s: %d rows, complete %v, %v", name, a.Rows, a.Complete, err)
		}
	}
}

// Messages come many to a hospital; only the same one on two pages is a row that
// slid.
func TestPagesOfMessages(t *testing.T) {
	message := func(n int) string {
		return fmt.Sprintf("<item><hpid>A1100001</hpid><symBlkMsg>%d</symBlkMsg></item>", n)
	}
	for name, c := range map[string]struct {
		pages    []string
		values   int
		complete bool
	}{
		"one hospital on two pages":  {[]string{message(1) + message(2), message(3) + message(4)}, 4, true},
		"the same twice on one page": {[]string{message(1) + message(2), message(3) + message(3)}, 3, true},
		"the same on two pages":      {[]string{message(1) + message(2), message(2) + message(3)}, 3, false},
	} {
		a, err := client(t, func(r *http.Request) (*http.Response, error) {
			n, _ := strconv.Atoi(r.URL.Query().Get("pageNo"))
			return reply(200, strings.NewReader("<response><header><resultCode>00</resultCode></header><body><items>"+c.pages[n-1]+"</items><totalCount>4</totalCount></body></response>")), nil
		}).Announcements(t.Context())
		if err != nil || a.Rows != 4 || len(a.Values) != c.values || a.Complete != c.complete {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}
