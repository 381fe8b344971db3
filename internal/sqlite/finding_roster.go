package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var (
	qRosters    = query(`SELECT id, name, at, by, added_at, people, '' FROM roster WHERE account_id = ? ORDER BY at DESC, id DESC`)
	qRoster     = query(`SELECT id, name, at, by, added_at, people, data FROM roster WHERE account_id = ? AND id = ?`)
	qRosterLast = query(`SELECT id FROM roster WHERE account_id = ? ORDER BY at DESC, id DESC LIMIT 1`)
	qPutRoster  = query(`INSERT INTO roster (account_id, name, at, by, added_at, people, data) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	qDropRoster = query(`DELETE FROM roster WHERE account_id = ? AND id = ?`)

	qBaselines    = query(`SELECT id, by, added_at, data FROM baseline WHERE account_id = ? ORDER BY id DESC`)
	qPutBaseline  = query(`INSERT INTO baseline (account_id, name, by, added_at, data) VALUES (?, ?, ?, ?, ?)`)
	qDropBaseline = query(`DELETE FROM baseline WHERE account_id = ? AND id = ?`)
)

func scanRoster(rows *sql.Rows) (r audit.KeptRoster, err error) {
	var at, added int64
	var name, text string
	if err = rows.Scan(&r.ID, &name, &at, &r.By, &added, &r.People, &text); err != nil {
		return r, err
	}
	if text != "" {
		err = json.Unmarshal([]byte(text), &r.Roster)
	}
	r.Name, r.At, r.AddedAt = name, fromMillis(at), fromMillis(added)
	return r, err
}

// Rosters lists the rosters of an account without their entries, the newest by day first: that one counts.
func (db *DB) Rosters(ctx context.Context, account org.AccountID) ([]audit.KeptRoster, error) {
	return all(ctx, db.reader, scanRoster, qRosters, account)
}

// Roster is one roster with its entries.
func (db *DB) Roster(ctx context.Context, account org.AccountID, id int64) (audit.KeptRoster, error) {
	r, err := one(ctx, db.reader, scanRoster, qRoster, account, id)
	return r, named("roster", err)
}

// SaveRoster keeps a roster. It is an Invalid error without a name, a day or people.
func (db *DB) SaveRoster(ctx context.Context, account org.AccountID, r audit.Roster, by string) (audit.KeptRoster, error) {
	switch {
	case strings.TrimSpace(r.Name) == "":
		return audit.KeptRoster{}, org.Invalid("name", "Give the list a name.")
	case r.At.IsZero():
		return audit.KeptRoster{}, org.Invalid("at", "Say as of which day the list is.")
	case len(r.Entries) == 0:
		return audit.KeptRoster{}, org.Invalid("file", "The list has no people.")
	}
	text, err := json.Marshal(r)
	if err != nil {
		return audit.KeptRoster{}, err
	}
	kept := audit.KeptRoster{People: len(r.Entries), By: by, AddedAt: db.now().UTC(), Roster: r}
	kept.ID, err = db.put(ctx, account, qPutRoster, r.Name, r.At.UnixMilli(), by, kept.AddedAt.UnixMilli(), kept.People, string(text))
	return kept, err
}

// DropRoster deletes a roster; a NotFound error when there is none of the number.
func (db *DB) DropRoster(ctx context.Context, account org.AccountID, id int64) error {
	return db.dropOne(ctx, "roster", qDropRoster, account, id)
}

// newestRoster is the roster that counts, nil when there is none.
func (db *DB) newestRoster(ctx context.Context, account org.AccountID) (*audit.Roster, error) {
	id, err := one(ctx, db.reader, scalar[int64], qRosterLast, account)
	if errors.Is(err, errNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := db.Roster(ctx, account, id)
	return &r.Roster, err
}

// Baselines lists the saved states of stores, the newest first. A policy names one by holding a copy.
func (db *DB) Baselines(ctx context.Context, account org.AccountID) ([]audit.KeptBaseline, error) {
	return all(ctx, db.reader, func(rows *sql.Rows) (b audit.KeptBaseline, err error) {
		var added int64
		var text []byte
		if err = rows.Scan(&b.ID, &b.By, &added, &text); err != nil {
			return b, err
		}
		b.AddedAt = fromMillis(added)
		return b, json.Unmarshal(text, &b.SavedRights)
	}, qBaselines, account)
}

// SaveBaseline keeps a store as it is in the snapshot of the query. Errors are those of audit.SaveBaseline, and Invalid
// without a name.
func (db *DB) SaveBaseline(ctx context.Context, scope org.Scope, store org.StoreID, q org.Query, s org.Settings, name, by string) (kept audit.KeptBaseline, err error) {
	if strings.TrimSpace(name) == "" {
		return kept, org.Invalid("name", "Give the saved state a name.")
	}
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return kept, err
	}
	people, err := v.gather(ctx, audit.Frame{Snapshot: v.snapshot})
	if err != nil {
		return kept, err
	}
	saved, err := audit.SaveBaseline(people, store, name)
	if err != nil {
		return kept, err
	}
	text, err := json.Marshal(saved)
	if err != nil {
		return kept, err
	}
	kept = audit.KeptBaseline{By: by, AddedAt: db.now().UTC(), SavedRights: *saved}
	kept.ID, err = db.put(ctx, scope.Account, qPutBaseline, name, by, kept.AddedAt.UnixMilli(), string(text))
	return kept, err
}

// DropBaseline deletes a saved state; policies that hold a copy keep it.
func (db *DB) DropBaseline(ctx context.Context, account org.AccountID, id int64) error {
	return db.dropOne(ctx, "baseline", qDropBaseline, account, id)
}

// put inserts a row of an account and returns its number.
func (db *DB) put(ctx context.Context, account org.AccountID, text string, args ...any) (id int64, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		if n, err := one(ctx, tx, scalar[int], qHasAccount, account); err != nil || n == 0 {
			return firstError(err, org.NotFound("account"))
		}
		result, err := tx.ExecContext(ctx, text, append([]any{account}, args...)...)
		if err == nil {
			id, err = result.LastInsertId()
		}
		return err
	})
	return id, err
}

func (db *DB) dropOne(ctx context.Context, what, text string, account org.AccountID, id int64) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, text, account, id)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return firstError(err, org.NotFound(what))
		}
		return nil
	})
}
