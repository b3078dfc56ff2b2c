package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"weer/model/feed"
)

// An AuditFault is something in the audit that is not as it was written.
type AuditFault struct {
	Seq   uint64 // 0 where the chain has no place for it
	Entry string // id of the entry; "" where none is known
	What  string // for people
}

// unsealedTooLong is how long an entry may wait for its seal.
const unsealedTooLong = feed.Time(60_000)

// An Anchor is a seal that is known from elsewhere, as from a node's log: its
// number, and its hash where that is known too. The zero Anchor is the chain's
// beginning.
type Anchor struct {
	Seq  uint64
	Hash string
}

// VerifyAudit walks the chain from behind the anchor, or from where it was cut
// by retention, tells report of everything that is wrong, and returns how many
// entries it walked. What is committed meanwhile does not disturb it: it looks
// at one moment.
func (db *DB) VerifyAudit(ctx context.Context, from Anchor, check Checker, report func(AuditFault)) (entries uint64, err error) {
	err = db.moment(ctx, func(q bun.Tx) error {
		w := walk{q: q, report: report}
		if err := w.begin(ctx, from, check); err != nil {
			return err
		}
		if err := w.chain(ctx); err != nil {
			return err
		}
		entries = w.walked
		if err := w.head(ctx, check); err != nil {
			return err
		}
		return w.strangers(ctx, db.clock())
	})
	return entries, err
}

// A walk goes along the chain.
type walk struct {
	q      bun.Tx
	report func(AuditFault)
	seq    uint64 // of the last seal
	hash   string // as it should be
	walked uint64 // entries
}

// begin goes to where the walk starts. Entries that retention took away are
// behind a cut that a node has signed.
func (w *walk) begin(ctx context.Context, from Anchor, check Checker) error {
	cut, err := headOf(ctx, w.q, cutName)
	if err != nil {
		return err
	}
	if cut.Seq > 0 {
		w.seq, w.hash = cut.Seq, cut.Hash
		if err := check(cut.cutText(), cut.KID, cut.Signature); err != nil {
			w.report(AuditFault{Seq: cut.Seq, What: "the cut's signature is not that of a node: " + err.Error()})
		}
	}
	if from.Seq <= w.seq {
		return nil
	}
	var seals []sealRow
	if err := w.q.NewSelect().Model(&seals).Where("seq = ?", from.Seq).Scan(ctx); err != nil {
		return err
	}
	switch {
	case len(seals) == 0:
		w.report(AuditFault{Seq: from.Seq, What: "the seal to begin with is missing"})
		return nil
	case from.Hash != "" && from.Hash != seals[0].Hash:
		w.report(AuditFault{Seq: from.Seq, Entry: seals[0].EntryID, What: "the seal has not the hash that it had"})
	}
	w.seq, w.hash = from.Seq, seals[0].Hash
	return nil
}

type sealedEntry struct {
	auditRow
	SealSeq    uint64
	SealEntry  string
	SealDigest string
	SealHash   string
	Lost       bool
}

func (w *walk) chain(ctx context.Context) error {
	for {
		page, err := sealedAfter(ctx, w.q, w.seq, SealAtOnce)
		if err != nil {
			return err
		}
		for _, e := range page {
			w.step(e)
		}
		if len(page) < SealAtOnce {
			return nil
		}
	}
}

// sealedAfter reads seals in their order, with their entries.
func sealedAfter(ctx context.Context, q bun.Tx, seq uint64, most int) (page []sealedEntry, err error) {
	err = q.NewRaw("SELECT s.seq AS seal_seq, s.entry_id AS seal_entry, s.digest AS seal_digest, s.hash AS seal_hash,"+
		" CASE WHEN a.id IS NULL THEN 1 ELSE 0 END AS lost, COALESCE(a.id, '') AS id, COALESCE(a.at, 0) AS at, COALESCE(a.actor, '') AS actor,"+
		" COALESCE(a.origin, '') AS origin, COALESCE(a.subject, '') AS subject, COALESCE(a.operation, '') AS operation,"+
		" COALESCE(a.detail, '') AS detail, COALESCE(a.reason, '') AS reason, COALESCE(a.request, '') AS request"+
		" FROM audit_seal AS s LEFT JOIN audit AS a ON a.id = s.entry_id WHERE s.seq > ? ORDER BY s.seq LIMIT ?",
		seq, most).Scan(ctx, &page)
	return page, err
}

func (w *walk) step(e sealedEntry) {
	say := func(what string) { w.report(AuditFault{e.SealSeq, e.SealEntry, what}) }
	if e.SealSeq != w.seq+1 {
		say(fmt.Sprintf("seals %d to %d are missing", w.seq+1, e.SealSeq-1))
	}
	switch {
	case e.Lost:
		say("the entry was removed")
	case e.digest() != e.SealDigest:
		say("the entry was changed")
	case e.Operation == brokenSeal:
		say("sealing went on here from what no node had signed: " + e.Detail)
	}
	if e.SealHash != chain(w.hash, e.SealDigest) {
		say("the chain is broken here: seals were changed or reordered")
	}
	w.seq, w.hash = e.SealSeq, e.SealHash
	w.walked++
}

func (w *walk) head(ctx context.Context, check Checker) error {
	head, err := headOf(ctx, w.q, headName)
	if err != nil || head.Seq == 0 && w.seq == 0 {
		return err
	}
	if head.Name == "" {
		w.report(AuditFault{Seq: w.seq, What: "the head is missing"})
		return nil
	}
	if head.Seq != w.seq || head.Hash != w.hash {
		w.report(AuditFault{Seq: w.seq, What: fmt.Sprintf("the chain ends here, and was sealed up to %d: its end was cut or replaced", head.Seq)})
	}
	if err := check(head.text(), head.KID, head.Signature); err != nil {
		w.report(AuditFault{Seq: head.Seq, What: "the head's signature is not that of a node: " + err.Error()})
	}
	return nil
}

// headOf reads the head of a name; one without a name when there is none.
func headOf(ctx context.Context, q bun.IDB, name string) (headRow, error) {
	var heads []headRow
	err := q.NewSelect().Model(&heads).Where("name = ?", name).Scan(ctx)
	if err != nil || len(heads) == 0 {
		return headRow{}, err
	}
	return heads[0], nil
}

// strangers are entries that no seal knows: those that wait too long, and those
// that were put in around WeER. It goes page by page: one statement over millions
// of entries would be cut.
func (w *walk) strangers(ctx context.Context, clock string) error {
	const page = 5000
	for after := ""; ; {
		var rows []struct {
			ID                 string
			Sealed, Open, Late bool
		}
		err := w.q.NewRaw("SELECT a.id AS id, CASE WHEN s.entry_id IS NULL THEN 0 ELSE 1 END AS sealed, CASE WHEN o.entry_id IS NULL THEN 0 ELSE 1 END AS open,"+
			" CASE WHEN a.at < ? - ? THEN 1 ELSE 0 END AS late FROM (SELECT id, at FROM audit WHERE id > ? ORDER BY id LIMIT ?) AS a"+
			" LEFT JOIN audit_seal AS s ON s.entry_id = a.id LEFT JOIN audit_open AS o ON o.entry_id = a.id ORDER BY a.id",
			bun.Safe(clock), unsealedTooLong, after, page).Scan(ctx, &rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = r.ID
			switch {
			case r.Sealed:
			case !r.Open:
				w.report(AuditFault{Entry: r.ID, What: "the entry was put in without a seal"})
			case r.Late:
				w.report(AuditFault{Entry: r.ID, What: "the entry has waited for its seal for more than a minute: does a node run?"})
			}
		}
		if len(rows) < page {
			return nil
		}
	}
}

// String is the fault in one line.
func (f AuditFault) String() string {
	parts := []string{}
	if f.Seq > 0 {
		parts = append(parts, fmt.Sprintf("seq %d", f.Seq))
	}
	if f.Entry != "" {
		parts = append(parts, "entry "+f.Entry)
	}
	return strings.Join(append(parts, f.What), ": ")
}
