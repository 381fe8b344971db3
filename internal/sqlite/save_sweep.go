package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// tokensToSweep are the entries of an account (?1) that a sweep reads: the account's own tokens are no tokens of a store.
const tokensToSweep = `account_id = ?1 AND removed_at IS NULL AND token IS NOT NULL AND store_hash <> ''`

var (
	qSweepTokens = query(`SELECT ` + entryColumns + `
  WHERE e.id IN (SELECT id FROM api_account WHERE ` + tokensToSweep + ` AND swept < ?2) ORDER BY e.hooks_tried, e.id`)
	qSweepMarks  = query(`SELECT id, clients_tried, coalesce(token_print, x'') FROM api_account WHERE ` + tokensToSweep + ` AND swept < ?2`)
	qSweepStores = query(`SELECT hash, api_id FROM store WHERE account_id = ?`)
	qLastClosed  = query(`SELECT ` + snapshotColumns + ` FROM snapshot s WHERE s.account_id = ? AND s.state <> 'running' ORDER BY s.id DESC LIMIT 1`)
	qListed      = query(`SELECT count(*) FROM facet_read WHERE snapshot_id = ? AND facet = 1`)
)

// SweepTokens lists the tokens of the register that no sweep has tried in snapshot since or later, those that waited
// longest first. A store that no sync has listed yet comes without its API id.
func (db *DB) SweepTokens(ctx context.Context, account org.AccountID, since org.SnapshotID) (tokens []org.SweepToken, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		stores := map[string]string{}
		err := each(ctx, tx, func(rows *sql.Rows) error {
			var hash, id string
			err := rows.Scan(&hash, &id)
			stores[hash] = id
			return err
		}, qSweepStores, account)
		if err != nil {
			return err
		}
		type mark struct {
			clients sql.NullInt64
			print   []byte
		}
		marks := map[org.APIAccountID]mark{}
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var id org.APIAccountID
			var m mark
			err := rows.Scan(&id, &m.clients, &m.print)
			marks[id] = m
			return err
		}, qSweepMarks, account, since)
		if err != nil {
			return err
		}
		tokens, err = all(ctx, tx, func(rows *sql.Rows) (t org.SweepToken, err error) {
			t.APIAccount, err = scanEntry(rows)
			m := marks[t.APIAccount.ID]
			t.Last, t.ClientsAt, t.Print = t.APIAccount.Proof, moment(m.clients), m.print
			t.Store = org.RemoteStore{APIID: stores[t.APIAccount.StoreHash], Hash: t.APIAccount.StoreHash, Name: t.APIAccount.StoreName}
			return t, err
		}, qSweepTokens, account, since)
		return err
	})
	return tokens, err
}

// LastClosed is the newest closed snapshot with the entries of its store list that failed and belong to no known store;
// ok is false when there is none.
func (db *DB) LastClosed(ctx context.Context, account org.AccountID) (s org.Snapshot, lost int, ok bool, err error) {
	s, err = one(ctx, db.reader, scanSnapshot, qLastClosed, account)
	if err == errNone {
		return org.Snapshot{}, 0, false, nil
	}
	if err != nil {
		return s, 0, false, err
	}
	listed, err := one(ctx, db.reader, scalar[int], qListed, s.ID)
	return s, max(0, s.Stores-listed), err == nil, err
}

// SaveSweep writes what tokens showed as part of a running snapshot, in one transaction: it becomes visible when that
// snapshot closes. Tokens that left the register in the meantime, or were replaced there, are passed over. Saving to an ended run is a Conflict error.
func (db *DB) SaveSweep(ctx context.Context, snapshot org.SnapshotID, reads []org.TokenRead) error {
	var account org.AccountID
	err := db.write(ctx, func(tx *sql.Tx) error {
		s, err := db.saver(ctx, tx, snapshot)
		if err != nil {
			return err
		}
		defer s.end()
		account = s.snapshot.Account
		for _, read := range reads {
			if err := s.saveToken(read); err != nil {
				return fmt.Errorf("save what API account %d showed: %w", read.APIAccount, err)
			}
		}
		return nil
	})
	if err != nil {
		db.known.forget(account)
	}
	return err
}

// heldToken is what history holds of an entry of the register when a read of its token arrives.
type heldToken struct {
	org.APIAccount
	proof        *org.Proof // of the newest version; nil when there is none
	hooksRead    time.Time  // to the end
	print        []byte     // of the token, never nil
	hooksPrint   []byte     // of the token of that reading; nil: the next whole read is a baseline
	clientsTried time.Time
}

var (
	qHeldToken = query(`SELECT hooks_read, coalesce(token_print, x''), hooks_print, clients_tried FROM api_account
  WHERE account_id = ? AND id = ? AND removed_at IS NULL`)
	qHeldProof  = query(`SELECT proof FROM api_account_version WHERE api_account_id = ? AND valid_to = 9223372036854775807`)
	qTokenSwept = query(`UPDATE api_account SET proof = ?, hooks_tried = ?, hooks_read = ?, hooks_problem = ?, hooks_print = ?,
    clients_tried = ?, clients_say = coalesce(?, clients_say), swept = ? WHERE id = ?`)
)

// saveToken writes one read. The marks in the register are written with it, so that a killed sweep repeats no more than
// what was not saved.
func (s *saver) saveToken(read org.TokenRead) error {
	held, err := s.heldToken(read.APIAccount)
	if err == errNone {
		return nil
	}
	if err != nil || read.Print != nil && !bytes.Equal(read.Print, held.print) {
		return err
	}
	if read.ReadAt.IsZero() {
		read.ReadAt = s.now
	}
	read.Proof = audit.KeepProof(held.Proof, read.Proof)
	if err := s.saveProof(held, read); err != nil {
		return err
	}
	problem, err := s.saveHooks(held, &read)
	if err != nil {
		return err
	}
	if err := s.saveClients(held, read); err != nil {
		return err
	}
	return s.markSwept(held, read, problem)
}

func (s *saver) heldToken(id org.APIAccountID) (*heldToken, error) {
	entry, err := one(s.ctx, s, scanEntry, qEntry, s.snapshot.Account, id)
	if err != nil {
		return nil, err
	}
	held, err := one(s.ctx, s, func(rows *sql.Rows) (*heldToken, error) {
		h := &heldToken{APIAccount: entry}
		var read, clients sql.NullInt64
		err := rows.Scan(&read, &h.print, &h.hooksPrint, &clients)
		h.hooksRead, h.clientsTried = moment(read), moment(clients)
		if h.print == nil {
			h.print = []byte{}
		}
		return h, err
	}, qHeldToken, s.snapshot.Account, id)
	if err != nil {
		return nil, err
	}
	text, err := one(s.ctx, s, scalar[string], qHeldProof, id)
	if err == errNone {
		return held, nil
	}
	if err != nil {
		return nil, err
	}
	proof, err := readProof(text)
	held.proof = &proof
	return held, err
}

// markSwept notes in the register what was tried and how it ended.
func (s *saver) markSwept(held *heldToken, read org.TokenRead, problem string) error {
	proof, err := json.Marshal(read.Proof)
	if err != nil {
		return err
	}
	hooksRead, print := held.hooksRead, held.hooksPrint
	switch {
	case problem == "":
		hooksRead, print = read.ReadAt, held.print
	case read.Proof.State.Conclusive() && !read.Proof.State.Works():
		print = nil // refused: what a later read shows has no before
	}
	clients, say := held.clientsTried, any(nil)
	if read.Clients != nil || read.ClientsSay != "" {
		say = read.ClientsSay
	}
	if read.Clients != nil { // when no list could be read, the first one that can be is the baseline still
		clients = read.ReadAt
	}
	err = s.exec(qTokenSwept, string(proof), read.ReadAt.UnixMilli(), millis(hooksRead), problem, nullable(print), millis(clients), say,
		s.snapshot.ID, held.ID)
	if err != nil || read.Proof.ClientID == "" {
		return err
	}
	return s.exec(qLearnClient, s.snapshot.Account, held.ID, read.Proof.ClientID)
}

// nullable is NULL for a nil slice only.
func nullable(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// tokenChange writes a change that a token showed. before is when the same was read last.
func (s *saver) tokenChange(held *heldToken, before, at time.Time, c audit.Change) error {
	return s.change(facetNow{readAt: before}, org.FacetRead{ReadAt: at}, held.Store, 0, c)
}
