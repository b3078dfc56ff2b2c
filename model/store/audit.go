package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/google/uuid"
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
// the nodes' key to make it look right. Sealing would lend that key to whoever
// replaced the head between two runs, so it looks first whether the head is one
// that a node signed. When it is not, sealing goes on, because stopping would
// lose more, but with an entry that says so, which stays in the chain.
//
// One thing no database can show by itself: that all of it is an older state,
// with the head of then. The heads in the nodes' logs do; see [Anchor].

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

// headRow is where the chain ends, or (cutName) where it begins.
type headRow struct {
	bun.BaseModel `bun:"table:audit_head"`

	Name      string `bun:",pk"`
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

// A Checker says why a signature is not one of a node's keys, nil when it is.
type Checker func(text, kid, signature string) error

// Seal chains entries that were committed and returns how many: less than
// [SealAtOnce], and all are. Two that seal at once wait for each other.
func (db *DB) Seal(ctx context.Context, sign Signer, check Checker) (sealed int, err error) {
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
		if head, entries, err = proveHead(ctx, q, head, entries, now, check); err != nil {
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
	return min(sealed, SealAtOnce), err // one more when it had to say something
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

// brokenSeal is the operation of the entry that sealing itself writes.
const brokenSeal = "audit.broken"

// proveHead returns what sealing goes on from. Where that is not what a node
// has signed it puts an entry before the others that says so.
func proveHead(ctx context.Context, q bun.Tx, head headRow, entries []auditRow, now feed.Time, check Checker) (headRow, []auditRow, error) {
	var last []sealRow
	if err := q.NewSelect().Model(&last).Where("seq > ?", head.Seq).OrderExpr("seq DESC").Limit(1).Scan(ctx); err != nil {
		return head, nil, err
	}
	var why string
	switch {
	case len(last) > 0:
		why = fmt.Sprintf("the head said %d and the chain went to %d", head.Seq, last[0].Seq)
		head.Seq, head.Hash = last[0].Seq, last[0].Hash
	case head.Seq == 0:
		return head, entries, nil
	default:
		err := check(head.text(), head.KID, head.Signature)
		if err == nil {
			return head, entries, nil
		}
		why = fmt.Sprintf("the head at %d: %v", head.Seq, err)
	}
	broken := auditRow{ID: uuid.Must(uuid.NewV7()).String(), At: now, Actor: "system", Operation: brokenSeal, Detail: why}
	_, err := q.NewInsert().Model(&broken).Exec(ctx)
	return head, append([]auditRow{broken}, entries...), err
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
