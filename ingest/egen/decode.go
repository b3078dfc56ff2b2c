package egen

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A page is one well-formed answer, successful or not.
type page[T any] struct {
	head
	values []T
}

// A head is what is the same in the answers of all operations.
type head struct {
	result   string // resultCode, "" when there was none
	total    int    // totalCount, −1 when there was none
	rows     int    // <item> elements, usable or not
	rejected []string
}

func (h *head) success() bool {
	code, err := strconv.Atoi(strings.TrimSpace(h.result))
	return err == nil && code == 0
}

// maxRejected bounds how many unusable rows of a page are named.
const maxRejected = 50

// A decoder walks one document. Each of its functions is called behind a start
// element and returns behind its end, so a document that stops early cannot
// look whole.
type decoder struct {
	*xml.Decoder
	head head
	tags map[string]tag
	row  row
	take func() error // judges the row, which is the decoder's own
	buf  []byte
}

// decode reads an answer. Element names are matched in any case and children in
// any order. A byte that is no UTF-8 spoils the text that it stands in and
// nothing else.
func decode[T any](body []byte, op *operation[T]) (page[T], error) {
	body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	d := &decoder{Decoder: xml.NewDecoder(bytes.NewReader(body)), head: head{total: -1}, tags: op.tags, row: row{cells: make([]cell, op.slots)}}
	var values []T
	d.take = func() error {
		v, err := op.read(&d.row)
		if err == nil {
			values = append(values, v)
		}
		return err
	}
	if err := d.document(); err != nil {
		return page[T]{}, err
	}
	return page[T]{d.head, values}, nil
}

func (d *decoder) document() error {
	root, err := d.root()
	if err != nil {
		return err
	}
	if !is(root, "response") {
		return errors.New("the root element is not response")
	}
	if err := d.children(d.response); err != nil {
		return err
	}
	if _, err := d.root(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the answer")
	}
	return nil
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

func (d *decoder) header(e xml.StartElement) error {
	if !is(e, "resultCode") {
		return d.Skip()
	}
	text, plain, err := d.text()
	if plain {
		d.head.result = text
	}
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
	text, plain, err := d.text()
	if n, bad := strconv.Atoi(strings.TrimSpace(text)); bad == nil && plain && n >= 0 {
		d.head.total = n
	}
	return err
}

func (d *decoder) items(e xml.StartElement) error {
	if !is(e, "item") {
		return d.Skip()
	}
	d.row.clear()
	if err := d.children(d.field); err != nil {
		return err
	}
	d.head.rows++
	if err := d.take(); err != nil {
		d.head.reject(err.Error())
	}
	for _, remark := range d.row.remarks {
		d.head.reject(remark)
	}
	return nil
}

func (d *decoder) field(e xml.StartElement) error {
	t, ok := d.find(e.Name.Local)
	if !ok {
		return d.Skip()
	}
	text, plain, err := d.text()
	if err != nil {
		return err
	}
	d.row.put(t, text, plain)
	return nil
}

// find looks a tag up in any case, and makes no copy of it.
func (d *decoder) find(name string) (tag, bool) {
	d.buf = d.buf[:0]
	for _, c := range []byte(name) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		d.buf = append(d.buf, c)
	}
	t, ok := d.tags[string(d.buf)]
	return t, ok
}

// text reads the current element to its end; plain is false when it held
// elements, whose text is then between blanks.
func (d *decoder) text() (text string, plain bool, err error) {
	d.buf, plain = d.buf[:0], true
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return "", false, err
		}
		switch t := token.(type) {
		case xml.CharData:
			d.buf = append(d.buf, t...)
		case xml.StartElement:
			depth, plain = depth+1, false
			d.buf = append(d.buf, ' ')
		case xml.EndElement:
			depth--
			d.buf = append(d.buf, ' ')
		}
	}
	return string(d.buf), plain, nil
}

func (h *head) reject(why string) {
	if len(h.rejected) < maxRejected {
		h.rejected = append(h.rejected, fmt.Sprintf("row %d: %s", h.rows, why))
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
