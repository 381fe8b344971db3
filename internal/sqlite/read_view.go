package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// closedSnapshots are those that pages may show.
const closedSnapshots = `SELECT ` + snapshotColumns + ` FROM snapshot s WHERE s.account_id = ?1 AND s.state <> 'running'`

var (
	qSnapshotNewest = query(closedSnapshots + ` ORDER BY s.id DESC LIMIT 1`)
	qSnapshotOldest = query(closedSnapshots + ` ORDER BY s.id LIMIT 1`)
	qSnapshotNumber = query(closedSnapshots + ` AND s.id = ?2`)
	qSnapshotBefore = query(closedSnapshots + ` AND s.finished_at <= ?2 ORDER BY s.id DESC LIMIT 1`)
)

// view is one closed snapshot of an account as a scope may see it. What it shows was fixed when the snapshot closed,
// so everything read through one view agrees while a sync writes the next snapshot.
type view struct {
	db       *DB
	scope    org.Scope
	settings org.Settings
	snapshot org.Snapshot // zero before the first closed one: lists are empty then
	newest   bool
	image    *image
}

// view resolves the snapshot that a query is about.
func (db *DB) view(ctx context.Context, scope org.Scope, at org.AsOf, s org.Settings) (*view, error) {
	if s.InactiveDays <= 0 {
		s.InactiveDays = org.DefaultSettings().InactiveDays
	}
	v := &view{db: db, scope: scope, settings: s}
	newest, err := one(ctx, db.reader, scanSnapshot, qSnapshotNewest, scope.Account)
	if err != nil && !errors.Is(err, errNone) {
		return nil, err
	}
	v.snapshot, v.newest = newest, true
	if !at.IsZero() {
		if v.snapshot, err = db.AsOf(ctx, scope, at, s.Zone); err != nil {
			return nil, err
		}
		v.newest = v.snapshot.ID == newest.ID
	}
	v.image = db.images.get(v.snapshot, scope, !v.newest)
	return v, nil
}

// past is the history in memory that knows the snapshot, nil when there is none or no need of it.
func (v *view) past() *past {
	if v.newest {
		return nil
	}
	return v.db.pasts.of(v.scope.Account, v.snapshot.ID)
}

// cheap tells whether all accesses cost no more than those of a page.
func (v *view) cheap() bool { return v.newest || v.past() != nil }

// AsOf finds the closed snapshot that shows a moment: the newest one finished by then; a day means its end in the
// zone (nil: UTC). For the zero AsOf it is the newest closed snapshot, and the zero Snapshot when none was closed yet.
// A moment before the first closed snapshot and a number that is none of this account are NotFound errors.
func (db *DB) AsOf(ctx context.Context, scope org.Scope, at org.AsOf, zone *time.Location) (org.Snapshot, error) {
	if zone == nil {
		zone = time.UTC
	}
	text, args := qSnapshotNewest, []any{scope.Account}
	if at.Snapshot > 0 {
		text, args = qSnapshotNumber, append(args, at.Snapshot)
	} else if t, ok := at.Moment(zone); ok {
		text, args = qSnapshotBefore, append(args, t.UnixMilli())
	}
	snapshot, err := one(ctx, db.reader, scanSnapshot, text, args...)
	if !errors.Is(err, errNone) {
		return snapshot, err
	}
	if at.IsZero() {
		return org.Snapshot{}, nil
	}
	return org.Snapshot{}, db.noSnapshot(ctx, scope, at, zone)
}

// noSnapshot explains why there is nothing to show for a moment.
func (db *DB) noSnapshot(ctx context.Context, scope org.Scope, at org.AsOf, zone *time.Location) error {
	first, err := one(ctx, db.reader, scanSnapshot, qSnapshotOldest, scope.Account)
	switch {
	case errors.Is(err, errNone):
		return org.Problem(org.KindNotFound, "This account has no history yet. It begins with the first finished sync.", nil)
	case err != nil:
		return err
	case at.Snapshot > 0:
		return org.Problem(org.KindNotFound, fmt.Sprintf("There is no finished snapshot %d of this account.", at.Snapshot), nil)
	}
	return org.Problem(org.KindNotFound, "The history of this account begins on "+
		first.Finished.In(zone).Format("2 January 2006 at 15:04 MST")+".", nil)
}

// only is the scope's list of stores as the parameter of a query: NULL when all stores may be seen.
func only(scope org.Scope) any {
	if scope.Stores == nil {
		return nil
	}
	return idList(scope.Stores)
}

// idList is a list of ids for json_each.
func idList[T any](ids []T) string {
	if len(ids) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(ids) // ids are numbers: no error is possible
	return string(text)
}

// storesInScope limits store_id to the stores of an account (?1) that a scope (?3) may see.
const storesInScope = `(SELECT id FROM store WHERE account_id = ?1 AND (?3 IS NULL OR id IN (SELECT value FROM json_each(?3))))`

// loginSeconds turns a sign-in column into unix seconds; 0: never; -1: not read.
func loginSeconds(at sql.NullInt64) int64 {
	if !at.Valid {
		return -1
	}
	return at.Int64
}

// loginMoment is the reverse for people.
func loginMoment(seconds int64) org.Moment {
	switch seconds {
	case -1:
		return org.Moment{}
	case 0:
		return org.Never()
	}
	return org.At(time.Unix(seconds, 0))
}

func tri(n int64) org.Tri {
	if n < int64(org.Unknown) || n > int64(org.Yes) {
		return org.Unknown
	}
	return org.Tri(n)
}
