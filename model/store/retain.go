package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// cutName is the head of the entries that retention took away: where the chain
// begins now, signed, so that nobody else can take away its beginning.
const cutName = "audit cut"

// cutText is what is signed of a cut. No head's text is the same, so an old head
// is no cut.
func (r headRow) cutText() string { return fmt.Sprintf("weer audit cut %d %s", r.Seq, r.Hash) }

// PruneAudit removes the entries at the chain's beginning that are older than
// keep, by the database's clock, and returns how many. keep is at least
// [model.LeastAuditKeep]. It goes in chunks and stops at an entry that is not as
// it was written, with an error: what proves a fault is not removed.
func (db *DB) PruneAudit(ctx context.Context, keep time.Duration, sign Signer, check Checker) (removed int, err error) {
	if keep < model.LeastAuditKeep {
		return 0, fault.Bad("audit_keep", "the law wants the audit kept for two years: at least %s, not %s", model.LeastAuditKeep, keep)
	}
	for more := true; more; {
		n := 0
		err = db.transact(ctx, func(ctx context.Context, q bun.Tx) (err error) {
			n, err = db.pruneChunk(ctx, q, feed.Time(keep.Milliseconds()), sign, check)
			return err
		})
		if err != nil {
			return removed, err
		}
		removed += n
		more = n == pruneEvents
	}
	return removed, nil
}

// pruneChunk holds the head's lock, as sealing does.
func (db *DB) pruneChunk(ctx context.Context, q bun.Tx, keep feed.Time, sign Signer, check Checker) (int, error) {
	_, now, err := db.lockHead(ctx, q)
	if err != nil {
		return 0, err
	}
	cut, err := headOf(ctx, q, cutName)
	if err != nil {
		return 0, err
	}
	if cut.Seq > 0 && check(cut.cutText(), cut.KID, cut.Signature) != nil {
		return 0, notAsWritten(cut.Seq)
	}
	page, err := sealedAfter(ctx, q, cut.Seq, pruneEvents)
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, e := range page {
		if !e.Lost && e.At >= now-keep {
			break
		}
		if e.Lost || e.SealSeq != cut.Seq+1 || e.digest() != e.SealDigest || e.SealHash != chain(cut.Hash, e.SealDigest) {
			return 0, notAsWritten(e.SealSeq)
		}
		cut.Seq, cut.Hash = e.SealSeq, e.SealHash
		ids = append(ids, e.ID)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	cut.Name, cut.SealedAt = cutName, now
	if cut.KID, cut.Signature = sign(cut.cutText()); cut.KID == "" {
		return 0, fault.New(fault.Unavailable, "a node without the private key cuts no audit")
	}
	return len(ids), db.cutOff(ctx, q, cut, ids)
}

func (db *DB) cutOff(ctx context.Context, q bun.Tx, cut headRow, ids []string) error {
	err := upsert(ctx, db, q, []headRow{cut}, []string{"name"}, "seq", "hash", "kid", "signature", "sealed_at")
	if err != nil {
		return err
	}
	if _, err := q.NewRaw("DELETE FROM audit_seal WHERE seq <= ?", cut.Seq).Exec(ctx); err != nil {
		return err
	}
	_, err = q.NewRaw("DELETE FROM audit WHERE id IN (?)", bun.List(ids)).Exec(ctx)
	return err
}

func notAsWritten(seq uint64) error {
	return fault.New(fault.Conflict, "the audit is not as it was written at seq %d, so nothing of it is removed: see `weer audit verify`", seq)
}
