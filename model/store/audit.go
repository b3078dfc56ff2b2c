package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

// The audit is sealed after the fact: chaining each entry in the transaction
// that writes it would make all of them wait for each other. An entry is written
// with a row in audit_open; the sealer, one at a time, chains what has been
// committed since and takes those rows away. So an entry that commits late is
// sealed late and never missed, and finding what is open never looks at what is
// sealed. Neither an entry nor a seal is ever changed.
//
// seq counts the entries without a hole. Each seal holds the digest of its entry
// and the hash of the chain up to it, and the last one's hash is signed: who
// changes, removes, inserts or reorders entries, or cuts the chain's end, needs
// the nodes' key to make it look right.

type openRow struct {
	bun.BaseModel `bun:"table:audit_open"`

	EntryID string `bun:",pk"`
}

type sealRow struct {
	bun.BaseModel `bun:"table:audit_seal"`

	Seq     uint64 `bun:",pk"`
	EntryID string
	Digest  string
	Hash    string
}

type headRow struct {
	bun.BaseModel `bun:"table:audit_head"`

	Name      string `bun:",pk"` // there is one
	Seq       uint64
	Hash      string
	KID       string `bun:"kid"`
	Signature string
	SealedAt  feed.Time
}

const headName = "audit"

// SealAtOnce is how many entries one call of [DB.Seal] seals at most.
const SealAtOnce = 1000

// A Signer signs a text with the node's key, and says which one it is.
type Signer func(text string) (kid, signature string)

// Seal chains entries that were committed and returns how many: less than
// [SealAtOnce], and all are. Two that seal at once wait for each other.
func (db *DB) Seal(ctx context.Context, sign Signer) (sealed int, err error) {
	err = db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		sealed = 0
		head, now, err := db.lockHead(ctx, q)
		if err != nil {
			return err
		}
		entries, err := openEntries(ctx, q)
		if err != nil || len(entries) == 0 {
			return err
		}
		ids, seals := make([]string, len(entries)), make([]sealRow, len(entries))
		for i, e := range entries {
			head.Seq++
			digest := e.digest()
			head.Hash = chain(head.Hash, digest)
			ids[i], seals[i] = e.ID, sealRow{Seq: head.Seq, EntryID: e.ID, Digest: digest, Hash: head.Hash}
		}
		sealed, head.SealedAt = len(entries), now
		head.KID, head.Signature = sign(head.text())
		return storeSeals(ctx, q, head, seals, ids)
	})
	return sealed, err
}

// lockHead makes the head's row when it is missing and locks it.
func (db *DB) lockHead(ctx context.Context, q bun.Tx) (head headRow, now feed.Time, err error) {
	_, err = q.NewRaw("INSERT INTO audit_head (name, seq, hash, kid, signature, sealed_at) VALUES (?, 0, '', '', '', 0) "+
		db.orUpdate("name")+" seq = seq", headName).Exec(ctx)
	if err != nil {
		return head, 0, err
	}
	m, err := readMeta(ctx, q, db.clock())
	if err != nil {
		return head, 0, err
	}
	err = q.NewSelect().Model(&head).Where("name = ?", headName).Scan(ctx)
	return head, m.Now, err
}

func openEntries(ctx context.Context, q bun.Tx) (entries []auditRow, err error) {
	err = q.NewSelect().Model(&entries).
		Join("JOIN audit_open AS o ON o.entry_id = audit_row.id").OrderExpr("o.entry_id").Limit(SealAtOnce).Scan(ctx)
	return entries, err
}

func storeSeals(ctx context.Context, q bun.Tx, head headRow, seals []sealRow, ids []string) error {
	if _, err := q.NewInsert().Model(&seals).Exec(ctx); err != nil {
		return err
	}
	if _, err := q.NewUpdate().Model(&head).Column("seq", "hash", "kid", "signature", "sealed_at").WherePK().Exec(ctx); err != nil {
		return err
	}
	_, err := q.NewRaw("DELETE FROM audit_open WHERE entry_id IN (?)", bun.List(ids)).Exec(ctx)
	return err
}

// digest is the hash of an entry: its fields with their lengths before them, so
// that no two entries look alike.
func (r auditRow) digest() string {
	h := sha256.New()
	for _, field := range []string{
		r.ID, fmt.Sprint(int64(r.At)), r.Actor, r.Origin, r.Subject, r.Operation, r.Detail, r.Reason, r.Request,
	} {
		_, _ = io.WriteString(h, fmt.Sprintf("%d:%s", len(field), field)) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

func chain(before, digest string) string {
	sum := sha256.Sum256([]byte(before + digest))
	return hex.EncodeToString(sum[:])
}

// text is what is signed.
func (r headRow) text() string { return fmt.Sprintf("weer audit %d %s", r.Seq, r.Hash) }

// An AuditStanding is how far the audit is sealed.
type AuditStanding struct {
	Seq  uint64
	Hash string
	Open int       // entries that wait
	Wait feed.Time // milliseconds that the oldest of them has waited
}

// AuditStanding reads how far the audit is sealed.
func (db *DB) AuditStanding(ctx context.Context) (s AuditStanding, err error) {
	var oldest feed.Time
	err = db.r.NewRaw("SELECT COALESCE((SELECT seq FROM audit_head WHERE name = ?), 0), COALESCE((SELECT hash FROM audit_head WHERE name = ?), ''),"+
		" (SELECT COUNT(*) FROM audit_open), COALESCE((SELECT MIN(a.at) FROM audit AS a JOIN audit_open AS o ON o.entry_id = a.id), 0)",
		headName, headName).Scan(ctx, &s.Seq, &s.Hash, &s.Open, &oldest)
	if err != nil || oldest == 0 {
		return s, err
	}
	now, err := db.Now(ctx)
	s.Wait = now - oldest
	return s, err
}

// An AuditFault is something in the audit that is not as it was written.
type AuditFault struct {
	Seq   uint64 // 0 where the chain has no place for it
	Entry string // id of the entry; "" where none is known
	What  string // for people
}

// unsealedTooLong is how long an entry may wait for its seal.
const unsealedTooLong = feed.Time(60_000)

// VerifyAudit walks the whole chain, tells report of everything that is wrong,
// and returns how many entries it has. check says whether a head's signature is
// right. What is committed meanwhile does not disturb it: it looks at one moment.
func (db *DB) VerifyAudit(ctx context.Context, check func(text, kid, signature string) error, report func(AuditFault)) (entries uint64, err error) {
	err = db.moment(ctx, func(q bun.Tx) error {
		w := walk{q: q, report: report}
		if err := w.chain(ctx); err != nil {
			return err
		}
		entries = w.seq
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
		var page []sealedEntry
		err := w.q.NewRaw("SELECT s.seq AS seal_seq, s.entry_id AS seal_entry, s.digest AS seal_digest, s.hash AS seal_hash,"+
			" CASE WHEN a.id IS NULL THEN 1 ELSE 0 END AS lost, COALESCE(a.id, '') AS id, COALESCE(a.at, 0) AS at, COALESCE(a.actor, '') AS actor,"+
			" COALESCE(a.origin, '') AS origin, COALESCE(a.subject, '') AS subject, COALESCE(a.operation, '') AS operation,"+
			" COALESCE(a.detail, '') AS detail, COALESCE(a.reason, '') AS reason, COALESCE(a.request, '') AS request"+
			" FROM audit_seal AS s LEFT JOIN audit AS a ON a.id = s.entry_id WHERE s.seq > ? ORDER BY s.seq LIMIT ?",
			w.seq, SealAtOnce).Scan(ctx, &page)
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
	}
	if e.SealHash != chain(w.hash, e.SealDigest) {
		say("the chain is broken here: seals were changed or reordered")
	}
	w.seq, w.hash = e.SealSeq, e.SealHash
}

func (w *walk) head(ctx context.Context, check func(text, kid, signature string) error) error {
	var heads []headRow
	if err := w.q.NewSelect().Model(&heads).Where("name = ?", headName).Scan(ctx); err != nil {
		return err
	}
	switch {
	case len(heads) == 0 && w.seq == 0:
		return nil
	case len(heads) == 0:
		w.report(AuditFault{Seq: w.seq, What: "the head is missing"})
		return nil
	}
	head := heads[0]
	if head.Seq != w.seq || head.Hash != w.hash {
		w.report(AuditFault{Seq: w.seq, What: fmt.Sprintf("the chain ends here, and was sealed up to %d: its end was cut or replaced", head.Seq)})
	}
	if head.Seq == 0 {
		return nil
	}
	if err := check(head.text(), head.KID, head.Signature); err != nil {
		w.report(AuditFault{Seq: head.Seq, What: "the head's signature is not that of a node: " + err.Error()})
	}
	return nil
}

// strangers are entries that no seal knows: those that wait too long, and those
// that were put in around WeER.
func (w *walk) strangers(ctx context.Context, clock string) error {
	var rows []struct {
		ID   string
		Open bool
	}
	err := w.q.NewRaw("SELECT a.id, CASE WHEN o.entry_id IS NULL THEN 0 ELSE 1 END AS open FROM audit AS a"+
		" LEFT JOIN audit_seal AS s ON s.entry_id = a.id LEFT JOIN audit_open AS o ON o.entry_id = a.id"+
		" WHERE s.entry_id IS NULL AND (o.entry_id IS NULL OR a.at < ? - ?) ORDER BY a.id",
		bun.Safe(clock), unsealedTooLong).Scan(ctx, &rows)
	for _, r := range rows {
		what := "the entry was put in without a seal"
		if r.Open {
			what = "the entry has waited for its seal for more than a minute: does a node run?"
		}
		w.report(AuditFault{Entry: r.ID, What: what})
	}
	return err
}

// Audit reads entries, the oldest first; see [model.AuditStore].
func (db *DB) Audit(ctx context.Context, q model.AuditQuery) ([]model.Entry, error) {
	read := db.r.NewSelect().Where("id > ?", q.After).OrderExpr("id").Limit(int64(q.Most))
	for column, value := range map[string]string{"actor": q.Actor, "subject": q.Subject, "operation": q.Operation} {
		if value != "" {
			read = read.Where("? = ?", bun.Ident(column), value)
		}
	}
	if q.From != 0 {
		read = read.Where("at >= ?", q.From)
	}
	if q.To != 0 {
		read = read.Where("at < ?", q.To)
	}
	return all(ctx, read, auditRow.entry)
}

func (r auditRow) entry() model.Entry {
	return model.Entry{
		ID: r.ID, At: r.At, Actor: r.Actor, From: r.Origin, Subject: r.Subject, Operation: r.Operation,
		Detail: r.Detail, Reason: r.Reason, Request: r.Request,
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
