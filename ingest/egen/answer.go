package egen

import "context"

// An Answer is what E-Gen says to one question, mostly of the whole country.
type Answer[T any] struct {
	Values   []T
	Rejected []string // rows, or texts in them, that are of no use, and why
	Rows     int      // rows that came, usable or not
	Total    int      // rows that were announced; −1 when none were
	// Complete: all announced rows came, there were some, and the pages did not
	// move in between.
	Complete bool
}

// An operation is one question that E-Gen answers, and how its rows are read.
type operation[T any] struct {
	path  string
	tags  map[string]tag // by name in lower case: guide and wire disagree about it
	slots slot
	// read judges a row. Its error says why the row as a whole is of no use, and
	// holds nothing personal.
	read func(*row) (T, error)
	// key is what only one row of an answer has.
	key func(T) string
	// join makes one of two values with the same key; nil where the model chooses.
	join func(held, again T) T
}

// ask fetches all pages of an answer. Its error is an [*Error]; when the context
// ended it is also the context's. The filter is a part of the query, or "".
func ask[T any](ctx context.Context, c *Client, op *operation[T], filter string) (Answer[T], error) {
	n := whole[T]{op: op, seen: map[string]place{}}
	for number := 1; number <= maxPages && !n.full(); number++ {
		p, err := fetch(ctx, c, op, filter, number)
		if err != nil {
			return Answer[T]{}, err
		}
		n.add(p)
		if p.rows == 0 {
			break
		}
	}
	n.Complete = n.Rows > 0 && n.Rows == n.Total && !n.moved
	return n.Answer, nil
}

// A whole puts pages together.
type whole[T any] struct {
	Answer[T]
	op    *operation[T]
	pages int
	moved bool // the pages do not belong to the same list
	seen  map[string]place
}

// A place says where a key was seen: on which page last, and among the values.
type place struct{ page, at int }

func (w *whole[T]) full() bool { return w.pages > 0 && w.Rows >= w.Total }

// add takes a page. Rows that slid while the pages were fetched show as another
// total or as the same row on two pages; another is then missing between them.
func (w *whole[T]) add(p page[T]) {
	w.pages++
	w.moved = w.moved || w.pages > 1 && p.total != w.Total
	w.Total = p.total
	w.Rows += p.rows
	w.Rejected = append(w.Rejected, p.rejected...)
	for _, v := range p.values {
		w.take(v)
	}
}

func (w *whole[T]) take(v T) {
	key := w.op.key(v)
	held, again := w.seen[key]
	if again && held.page != w.pages {
		w.moved = true
	}
	if again && w.op.join != nil {
		w.Values[held.at] = w.op.join(w.Values[held.at], v)
		w.seen[key] = place{w.pages, held.at}
		return
	}
	w.seen[key] = place{w.pages, len(w.Values)}
	w.Values = append(w.Values, v)
}
