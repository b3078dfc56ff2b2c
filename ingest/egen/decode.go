package egen

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"weer/model"
)

// A page is one well-formed answer of operation 1, successful or not.
type page struct {
	result       string // resultCode, "" when there was none
	total        int    // totalCount, −1 when there was none
	rows         int    // <item> elements, usable or not
	observations []model.Observation
	rejected     []string
}

// maxRejected bounds how many unusable rows are named.
const maxRejected = 50

// A decoder walks one document. Each of its functions is called behind a start
// element and returns behind its end, so a document that stops early cannot
// look whole.
type decoder struct {
	*xml.Decoder
	page page
	row  row
	buf  []byte
}

// decode reads an answer of operation 1. Element names are matched in any case
// and children in any order. A byte that is no UTF-8 spoils the text that it
// stands in and nothing else.
func decode(body []byte) (page, error) {
	body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	d := &decoder{Decoder: xml.NewDecoder(bytes.NewReader(body)), page: page{total: -1}}
	root, err := d.root()
	if err != nil {
		return page{}, err
	}
	if !is(root, "response") {
		return page{}, errors.New("the root element is not response")
	}
	if err := d.children(d.response); err != nil {
		return page{}, err
	}
	if _, err := d.root(); !errors.Is(err, io.EOF) {
		return page{}, errors.New("something follows the answer")
	}
	return d.page, nil
}

// root finds the next element at the top level; io.EOF when there is none.
func (d *decoder) root() (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// children gives each child of the current element to take, until its end.
func (d *decoder) children(take func(xml.StartElement) error) error {
	for {
		token, err := d.Token()
		if err != nil {
			return early(err)
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if err := take(t); err != nil {
				return early(err)
			}
		}
	}
}

func (d *decoder) response(e xml.StartElement) error {
	switch {
	case is(e, "header"):
		return d.children(d.header)
	case is(e, "body"):
		return d.children(d.body)
	}
	return d.Skip()
}

func (d *decoder) header(e xml.StartElement) (err error) {
	if !is(e, "resultCode") {
		return d.Skip()
	}
	d.page.result, _, err = d.text()
	return err
}

func (d *decoder) body(e xml.StartElement) error {
	switch {
	case is(e, "items"):
		return d.children(d.items)
	case is(e, "totalCount"):
		return d.totalCount()
	}
	return d.Skip()
}

func (d *decoder) totalCount() error {
	text, _, err := d.text()
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 {
		d.page.total = n
	}
	return nil
}

func (d *decoder) items(e xml.StartElement) error {
	if !is(e, "item") {
		return d.Skip()
	}
	d.row = row{}
	if err := d.children(d.field); err != nil {
		return err
	}
	d.page.rows++
	o, err := d.row.observation()
	if err != nil {
		d.page.reject(err)
		return nil
	}
	d.page.observations = append(d.page.observations, o)
	return nil
}

func (d *decoder) field(e xml.StartElement) error {
	s, ok := findSlot(e.Name.Local)
	if !ok {
		return d.Skip()
	}
	text, plain, err := d.text()
	if err != nil {
		return err
	}
	d.row.put(s, text, plain)
	return nil
}

// text reads the current element to its end; plain is false when it held
// elements, whose text is not taken.
func (d *decoder) text() (text string, plain bool, err error) {
	d.buf, plain = d.buf[:0], true
	for {
		token, err := d.Token()
		if err != nil {
			return "", false, err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return string(d.buf), plain, nil
		case xml.CharData:
			d.buf = append(d.buf, t...)
		case xml.StartElement:
			plain = false
			if err := d.Skip(); err != nil {
				return "", false, err
			}
		}
	}
}

func (p *page) reject(why error) {
	if len(p.rejected) < maxRejected {
		p.rejected = append(p.rejected, fmt.Sprintf("row %d: %v", p.rows, why))
	}
}

func is(e xml.StartElement, name string) bool { return strings.EqualFold(e.Name.Local, name) }

// early makes the end of the bytes inside an element what it is: a cut answer.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
