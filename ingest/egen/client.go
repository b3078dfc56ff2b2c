package egen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"weer/model"
	"weer/model/fault"
)

// DefaultURL is the gateway of data.go.kr. The key is part of every URL, hence https.
const DefaultURL = "https://apis.data.go.kr"

const (
	service = "/B552657/ErmctInfoInqireService/"

	noData    = 3     // the result code of an answer without rows
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

// Beds fetches operation 1 for the whole country. A hospital may be there twice.
func (c *Client) Beds(ctx context.Context) (Answer[model.Observation], error) {
	return ask(ctx, c, &beds, "")
}

// Acceptance fetches operation 2 for the whole country.
func (c *Client) Acceptance(ctx context.Context) (Answer[model.Declared], error) {
	return ask(ctx, c, &acceptance, "")
}

// Announcements fetches operation 9 for the whole country. Those without an end
// or with a start in the future are among them; SinceAt and Missed are unset.
func (c *Client) Announcements(ctx context.Context) (Answer[model.Announcement], error) {
	return ask(ctx, c, &announcements, "")
}

// Institutions fetches operation 3, the national list.
func (c *Client) Institutions(ctx context.Context) (Answer[model.Institution], error) {
	return ask(ctx, c, &institutions, "")
}

// Institution fetches operation 5, what the list says of one hospital; no value
// when E-Gen does not know it. The level is not among it.
func (c *Client) Institution(ctx context.Context, hpid string) (Answer[model.Institution], error) {
	if !model.ValidHospitalID(hpid) {
		return Answer[model.Institution]{}, fault.Bad("hpid", "%.20q is no hospital id: one letter and seven digits", hpid)
	}
	a, err := ask(ctx, c, &institution, "&HPID="+hpid)
	a.Values = slices.DeleteFunc(a.Values, func(i model.Institution) bool {
		if i.HospitalID != hpid {
			a.Rejected = append(a.Rejected, i.HospitalID+" was not asked for")
		}
		return i.HospitalID != hpid
	})
	return a, err
}

// fetch asks for one page and judges the answer.
func fetch[T any](ctx context.Context, c *Client, op *operation[T], filter string, number int) (page[T], error) {
	status, body, err := c.get(ctx, op.path, filter, number)
	if err != nil {
		return page[T]{}, &Error{Kind: Transient, Status: status, Message: said(err), cause: c.mask.hide(err)}
	}
	var p page[T]
	if status == http.StatusOK {
		if p, err = decode(body, op); err == nil && p.success() {
			return p, nil
		}
		if codeOf(body) == noData {
			return page[T]{}, nil
		}
	}
	return page[T]{}, c.refused(status, body, err)
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
func (c *Client) get(ctx context.Context, path, filter string, number int) (status int, body []byte, err error) {
	address := fmt.Sprintf("%s%s?serviceKey=%s%s&pageNo=%d&numOfRows=%d", c.base, path, c.key, filter, number, pageRows)
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
