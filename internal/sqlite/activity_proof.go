package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"rollcall/internal/org"
)

var (
	// The last column tells whether every value has the type it was written with: a damaged page can turn a text into
	// bytes that read the same.
	qProveActivity = query(`
		SELECT ` + activityColumns + `, typeof(at) = 'integer' AND typeof(account_id) IN ('integer', 'null') AND account_id IS NOT 0
			AND typeof(hash) = 'blob' AND length(hash) = 32
			AND typeof(actor) || typeof(session) || typeof(action) || typeof(subject) || typeof(address) || typeof(request)
				|| typeof(outcome) || typeof(before) || typeof(after) = 'texttexttexttexttexttexttexttexttext'
		FROM activity ORDER BY id`)
	qAnchor       = query(`SELECT row_id, last_id, hash, count FROM activity_anchor ORDER BY row_id DESC LIMIT 1`)
	qAnchorRecord = query(`SELECT after FROM activity WHERE id = ? AND action = 'activity.prune'`)
	qActivitySeq  = query(`SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'activity'`)
)

// errBroken ends the walk over the chain at the first row that is wrong.
var errBroken = errors.New("broken chain")

// ProveActivity walks the chain of the activity log from its beginning, or from where it was pruned, and tells the first
// row that is not what was written. published is a head that was kept outside, nil for none: the proof then fails when
// no row has it, because rows were cut off the end. A broken chain is no error.
func (db *DB) ProveActivity(ctx context.Context, published *org.ActivityHash) (proof org.ActivityProof, err error) {
	err = db.export(ctx, func(tx *sql.Tx) error {
		w := chainWalk{published: published}
		err := w.run(ctx, tx)
		if errors.Is(err, errBroken) {
			err = nil
		}
		proof = w.proof
		return err
	})
	proof.At = db.now().UTC()
	return proof, err
}

// chainWalk is one passage over the chain.
type chainWalk struct {
	proof     org.ActivityProof
	published *org.ActivityHash
	found     bool
}

func (w *chainWalk) run(ctx context.Context, q querier) error {
	if err := w.begin(ctx, q); err != nil {
		return err
	}
	if err := each(ctx, q, w.row, qProveActivity); err != nil {
		return err
	}
	written, err := one(ctx, q, scalar[int64], qActivitySeq)
	if err != nil {
		return err
	}
	if last := w.proof.Head.Count; written != last {
		return w.broken(last+1, fmt.Sprintf("the log ends with row %d, but %d rows were written: the end was cut off", last, written))
	}
	if w.published != nil && !w.found {
		return w.broken(w.proof.Head.Count+1, "no row has the published head: the end was cut off or written anew, or the head is older than the rows that are kept")
	}
	return nil
}

// begin takes the place from which rows are kept. The anchor must be the one that its row of the log names.
func (w *chainWalk) begin(ctx context.Context, q querier) error {
	type anchor struct {
		row int64
		org.ActivityAnchor
	}
	a, err := one(ctx, q, func(rows *sql.Rows) (a anchor, err error) {
		var hash []byte
		err = rows.Scan(&a.row, &a.Last, &hash, &a.Count)
		copy(a.Hash[:], hash)
		return a, err
	}, qAnchor)
	if errors.Is(err, errNone) {
		return nil
	}
	if err != nil {
		return err
	}
	var recorded org.ActivityAnchor
	text, err := one(ctx, q, scalar[string], qAnchorRecord, a.row)
	if err != nil && !errors.Is(err, errNone) {
		return err
	}
	if json.Unmarshal([]byte(text), &recorded) != nil || recorded.Last != a.Last || recorded.Hash != a.Hash || recorded.Count != a.Count || a.Count != a.Last {
		return w.broken(a.row, "it does not record the pruning that the log begins with")
	}
	w.proof.Pruned, w.proof.Head = a.Count, org.ActivityHead{Count: a.Last, Hash: a.Hash}
	w.found = w.published != nil && *w.published == a.Hash
	return nil
}

// row holds one row against the chain.
func (w *chainWalk) row(rows *sql.Rows) error {
	var sound bool
	r, err := readActivity(wider{rows, &sound})
	if err != nil {
		return w.broken(w.proof.Head.Count+1, "it cannot be read: "+err.Error())
	}
	before := w.proof.Head
	switch {
	case r.ID <= before.Count:
		return w.broken(r.ID, "it was pruned, and is there again")
	case r.ID > before.Count+1:
		return w.broken(before.Count+1, "it is missing")
	case !sound || r.Hash != r.Chain(before.Hash):
		return w.broken(r.ID, "it is not what was written")
	}
	w.proof.Head = org.ActivityHead{Count: r.ID, Hash: r.Hash}
	w.found = w.found || w.published != nil && *w.published == r.Hash
	return nil
}

func (w *chainWalk) broken(row int64, why string) error {
	w.proof.Broken, w.proof.Why = row, why
	return errBroken
}

// wider scans one column more than is asked for.
type wider struct {
	row  scanner
	more any
}

func (w wider) Scan(into ...any) error { return w.row.Scan(append(into, w.more)...) }

// scanner is what scanning needs of a row.
type scanner interface{ Scan(into ...any) error }

const settingVerified = "activity_verified"

// SaveActivityProof keeps the newest proof for the page of the log.
func (db *DB) SaveActivityProof(ctx context.Context, p org.ActivityProof) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qSetSetting, settingVerified, string(text))
		return err
	})
}

// ActivityProof is the newest proof that was kept; the zero one when there is none.
func (db *DB) ActivityProof(ctx context.Context) (p org.ActivityProof, err error) {
	values, err := settings(ctx, db.reader)
	if err == nil && values[settingVerified] != "" {
		err = json.Unmarshal([]byte(values[settingVerified]), &p)
	}
	return p, err
}
