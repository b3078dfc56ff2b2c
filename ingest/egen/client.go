package egen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"weer/model"
	"weer/model/fault"
)

// DefaultURL is the gateway of data.go.kr. The key is part of every URL, hence https.
const DefaultURL = "https://apis.data.go.kr"

const (
	service = "/B552657/ErmctInfoInqireService/"
	bedsOp  = "getEmrrmRltmUsefulSckbdInfoInqire" // operation 1, 응급실 실시간 가용병상정보

	pageRows  = 1_000 // the whole country, with room
	maxPages  = 10    // a gateway that cuts pages short must not eat the day's quota
	pageTime  = 15 * time.Second
	pageBytes = 8 << 20
	rejection = 64 << 10 // of an answer that is no success
)

// Options make a Client.
type Options struct {
	URL       string            // without the service's path; "" is DefaultURL
	Key       string            // serviceKey in either of its two spellings
	Transport http.RoundTripper // nil is http.DefaultTransport
}

// A Client asks E-Gen. It is safe for concurrent use.
type Client struct {
	base string
	key  string // escaped once
	mask mask
	http *http.Client
}

// New makes a client; the error names the field that is wrong.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(cmp.Or(o.URL, DefaultURL), "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" {
		return nil, fault.Bad("url", "E-Gen's address looks like %s, without a query", DefaultURL)
	}
	key, err := plainKey(o.Key)
	if err != nil {
		return nil, err
	}
	return &Client{
		base: base.String() + service,
		key:  url.QueryEscape(key),
		mask: newMask(key),
		http: &http.Client{
			Transport: o.Transport,
			Timeout:   pageTime,
			// A redirect would carry the key to whoever is named there.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// plainKey undoes the escaped spelling in which data.go.kr also issues keys.
func plainKey(key string) (string, error) {
	key = strings.TrimSpace(key)
	if strings.Contains(key, "%") {
		plain, err := url.QueryUnescape(key)
		if err != nil {
			return "", fault.Bad("key", "the service key holds a %% that escapes nothing")
		}
		key = plain
	}
	if key == "" {
		return "", fault.Bad("key", "a service key is needed")
	}
	return key, nil
}

// An Answer is what E-Gen says of the whole country.
type Answer struct {
	Observations []model.Observation
	Rejected     []string // rows that are of no use, and why
	Rows         int      // rows that came, usable or not
	Total        int      // rows that were announced; −1 when none were
	// Complete: all announced rows came, there were some, and the pages did not
	// move in between.
	Complete bool
}

// Beds fetches operation 1 for the whole country. An error is an [*Error]; when
// the context ended it is also the context's.
func (c *Client) Beds(ctx context.Context) (Answer, error) {
	var n nation
	for number := 1; number <= maxPages && !n.whole(); number++ {
		p, err := c.page(ctx, number)
		if err != nil {
			return Answer{}, err
		}
		n.add(p)
		if p.rows == 0 {
			break
		}
	}
	n.Complete = n.Rows > 0 && n.Rows == n.Total && !n.moved
	return n.Answer, nil
}

// A nation puts pages together.
type nation struct {
	Answer
	pages int
	moved bool // the pages do not belong to the same list
	first map[string]int
}

func (n *nation) whole() bool { return n.pages > 0 && n.Rows >= n.Total }

// add takes a page. Rows that slid while the pages were fetched show as another
// total or as a hospital on two pages; another is then missing between them.
func (n *nation) add(p page) {
	n.pages++
	n.moved = n.moved || n.pages > 1 && p.total != n.Total
	n.Total = p.total
	n.Rows += p.rows
	n.Observations = append(n.Observations, p.observations...)
	n.Rejected = append(n.Rejected, p.rejected...)
	if n.first == nil {
		n.first = make(map[string]int, len(p.observations))
	}
	for _, o := range p.observations {
		if at, ok := n.first[o.HospitalID]; ok && at != n.pages {
			n.moved = true
		}
		n.first[o.HospitalID] = n.pages
	}
}

func (c *Client) page(ctx context.Context, number int) (page, error) {
	status, body, err := c.get(ctx, bedsOp, number)
	if err != nil {
		return page{}, &Error{Kind: Transient, Status: status, Message: said(err), cause: c.mask.hide(err)}
	}
	if status != http.StatusOK {
		return page{}, c.refused(status, body, nil)
	}
	p, err := decode(body)
	if err != nil {
		return page{}, c.refused(status, body, err)
	}
	switch code, err := strconv.Atoi(strings.TrimSpace(p.result)); {
	case err == nil && code == 0:
		return p, nil
	case err == nil && code == 3:
		return page{}, nil
	}
	return page{}, c.refused(status, body, nil)
}

func (c *Client) refused(status int, body []byte, cause error) *Error {
	kind, message := refusal(status, body)
	if cause != nil {
		cause = c.mask.hide(cause)
	}
	return &Error{Kind: kind, Status: status, Message: message, Body: c.mask.excerpt(body), cause: cause}
}

var errTooBig = errors.New("the answer is larger than 8 MiB")

// get fetches one page. Its error may hold the URL.
func (c *Client) get(ctx context.Context, op string, number int) (status int, body []byte, err error) {
	address := fmt.Sprintf("%s%s?serviceKey=%s&pageNo=%d&numOfRows=%d", c.base, op, c.key, number, pageRows)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ = io.ReadAll(io.LimitReader(resp.Body, rejection)) // the status says enough
		return resp.StatusCode, body, nil
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, pageBytes+1))
	if err == nil && len(body) > pageBytes {
		err = errTooBig
	}
	return resp.StatusCode, body, err
}

// said names a failure of the network in words that hold no address.
func said(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return "the call was cancelled"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer ended early"
	case errors.Is(err, errTooBig):
		return errTooBig.Error()
	}
	return "E-Gen cannot be reached"
}
