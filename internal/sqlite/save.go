package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// Save writes everything that one request changed, in one transaction. Saving to an ended run is a Conflict error.
func (db *DB) Save(ctx context.Context, snapshot org.SnapshotID, step org.Step) error {
	err := db.save(ctx, snapshot, step)
	if broken(err) { // what this process remembers may be out of date: another one may have written or purged
		err = db.save(ctx, snapshot, step)
	}
	return err
}

func (db *DB) save(ctx context.Context, snapshot org.SnapshotID, step org.Step) error {
	var account org.AccountID
	err := db.write(ctx, func(tx *sql.Tx) error {
		s, err := db.saver(ctx, tx, snapshot)
		if err != nil {
			return err
		}
		defer s.end()
		account = s.snapshot.Account
		return s.save(step)
	})
	if err != nil {
		db.known.forget(account)
	}
	return err
}

// saver writes one step inside one transaction.
type saver struct {
	*known
	ctx        context.Context
	tx         *sql.Tx
	snapshot   org.Snapshot
	now        time.Time
	readAt     time.Time // of the facet that is being written
	statements map[string]*sql.Stmt
}

func (db *DB) saver(ctx context.Context, tx *sql.Tx, id org.SnapshotID) (*saver, error) {
	snapshot, err := one(ctx, tx, scanSnapshot, qSnapshot, id)
	if err != nil {
		return nil, named("snapshot", err)
	}
	if snapshot.Closed() {
		return nil, org.Conflict("This sync has ended already.")
	}
	return &saver{
		known: db.known.of(snapshot.Account), ctx: ctx, tx: tx, snapshot: snapshot, now: db.now(),
		statements: map[string]*sql.Stmt{},
	}, nil
}

func (s *saver) end() {
	for _, statement := range s.statements {
		statement.Close()
	}
}

func (s *saver) prepared(text string) (*sql.Stmt, error) {
	if statement := s.statements[text]; statement != nil {
		return statement, nil
	}
	statement, err := s.tx.PrepareContext(s.ctx, text)
	if err != nil {
		return nil, failure(err)
	}
	s.statements[text] = statement
	return statement, nil
}

// exec runs a statement that is prepared once for the transaction.
func (s *saver) exec(text string, args ...any) error {
	statement, err := s.prepared(text)
	if err != nil {
		return err
	}
	_, err = statement.ExecContext(s.ctx, args...)
	return failure(err)
}

// insert is exec that returns the new row's id, 0 when a conflict kept it out.
func (s *saver) insert(text string, args ...any) (int64, error) {
	statement, err := s.prepared(text)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(s.ctx, args...)
	if err != nil {
		return 0, failure(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return 0, err
	}
	return result.LastInsertId()
}

// QueryContext makes a saver a querier with prepared statements.
func (s *saver) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := s.prepared(text)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

func (s *saver) save(step org.Step) error {
	if err := s.saveRun(step); err != nil {
		return err
	}
	if step.StoreList != nil {
		if err := s.saveStoreList(*step.StoreList); err != nil {
			return fmt.Errorf("save the store list: %w", err)
		}
	}
	for _, read := range step.Stores {
		if err := s.saveStore(read); err != nil {
			return fmt.Errorf("save store %s: %w", read.Store.Hash, err)
		}
	}
	if step.AccountUsers != nil {
		if err := s.saveAccountUsers(*step.AccountUsers); err != nil {
			return fmt.Errorf("save the account's users: %w", err)
		}
	}
	if step.Subscribed != nil {
		if err := s.saveSubscriptions(*step.Subscribed); err != nil {
			return fmt.Errorf("save the subscriptions: %w", err)
		}
	}
	return nil
}

var (
	qSaveRun      = query(`UPDATE sync_run SET state = ?, progress = ? WHERE snapshot_id = ?`)
	qSaveSnapshot = query(`UPDATE snapshot SET requests = ?, repeated = ?, waited_ms = ? WHERE id = ?`)
)

// saveRun saves where the sync stands.
func (s *saver) saveRun(step org.Step) error {
	progress, err := json.Marshal(step.Progress)
	if err != nil {
		return err
	}
	state := step.State
	if state == nil {
		state = []byte{}
	}
	if err := s.exec(qSaveRun, state, string(progress), s.snapshot.ID); err != nil {
		return err
	}
	p := step.Progress
	if err := s.exec(qSaveSnapshot, p.Requests, p.Repeated, p.Waited.Milliseconds(), s.snapshot.ID); err != nil {
		return err
	}
	if step.AccountName != "" {
		if err := s.exec(qRename, step.AccountName, s.snapshot.Account, step.AccountName); err != nil {
			return err
		}
		if err := s.exec(qPutAccountName, s.snapshot.Account, s.snapshot.ID, step.AccountName); err != nil {
			return err
		}
	}
	if err := s.unstage(step.Unstage); err != nil {
		return err
	}
	return s.stage(step.Stage)
}

// saveStore writes one finished facet of one store.
func (s *saver) saveStore(read org.StoreRead) error {
	s.date(&read.Read)
	s.readAt = read.Read.ReadAt
	store, err := s.store(read)
	if err != nil {
		return err
	}
	f, err := s.facet(store, read.Read.Facet)
	if err != nil {
		return err
	}
	switch {
	case !shows(read.Read.State):
	case read.Read.Facet == org.FacetAccesses:
		err = s.saveAccesses(store, f, read)
	case f.ignores(read.Read):
	case read.Read.Facet == org.FacetUserApps:
		err = s.saveUserApps(store, f, read)
	case read.Read.Facet == org.FacetApps:
		err = s.saveStoreApps(store, f, read)
	}
	if err != nil {
		return err
	}
	return s.saveFacet(store, f, read.Read, read.Absence)
}

// date gives a read without a time the present one.
func (s *saver) date(read *org.FacetRead) {
	if read.ReadAt.IsZero() {
		read.ReadAt = s.now
	}
}
