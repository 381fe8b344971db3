package sqlite

import (
	"database/sql"
	"encoding/json"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var (
	qEndProof = query(`UPDATE api_account_version SET valid_to = ?1
  WHERE api_account_id = ?2 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qPutProof = query(`INSERT INTO api_account_version (api_account_id, valid_from, valid_to, proof) VALUES (?, ?, 9223372036854775807, ?)
  ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, proof = excluded.proof`)
	// What a token of the store told last of its administrator, whichever token it was.
	qStoreOwner = query(`SELECT json_extract(v.proof, '$.AdminEmail'), v.proof FROM api_account e
  JOIN api_account_version v ON v.api_account_id = e.id AND v.valid_to = 9223372036854775807
  WHERE e.account_id = ? AND e.store_hash = ? AND json_extract(v.proof, '$.AdminEmail') <> ''
    AND json_extract(v.proof, '$.State') IN ('valid', 'scope_lost', 'wrong_account')`)
)

// saveProof writes a version of what verifying the token showed when it differs from the last one.
func (s *saver) saveProof(held *heldToken, read org.TokenRead) error {
	if err := s.saveOwner(held, read); err != nil {
		return err
	}
	put, changes := audit.DiffProof(held.proof, read.Proof, held.APIAccount)
	for _, c := range changes {
		if err := s.tokenChange(held, held.Proof.CheckedAt, read.ReadAt, c); err != nil {
			return err
		}
	}
	if !put {
		return nil
	}
	text, err := json.Marshal(read.Proof)
	if err != nil {
		return err
	}
	if err := s.exec(qEndProof, s.snapshot.ID, held.ID); err != nil {
		return err
	}
	return s.exec(qPutProof, held.ID, s.snapshot.ID, string(text))
}

// saveOwner writes a change of the store's administrator. A read that began before the newest one of another token says
// nothing new.
func (s *saver) saveOwner(held *heldToken, read org.TokenRead) error {
	if read.Proof.AdminEmail == "" || !read.Proof.State.Works() {
		return nil
	}
	var last org.Proof
	err := each(s.ctx, s, func(rows *sql.Rows) error {
		var email, text string
		if err := rows.Scan(&email, &text); err != nil {
			return err
		}
		proof, err := readProof(text)
		if proof.CheckedAt.After(last.CheckedAt) || last.AdminEmail == "" {
			last = proof
		}
		return err
	}, qStoreOwner, s.snapshot.Account, held.StoreHash)
	if err != nil || read.Proof.CheckedAt.Before(last.CheckedAt) {
		return err
	}
	for _, c := range audit.DiffOwner(last.AdminEmail, read.Proof.AdminEmail) {
		if err := s.tokenChange(held, last.CheckedAt, read.ReadAt, c); err != nil {
			return err
		}
	}
	return nil
}

var (
	qHeldClient = query(`SELECT found_in FROM foreign_client WHERE store_id = ? AND client_id = ?`)
	qPutClient  = query(`INSERT INTO foreign_client (store_id, client_id, found_in, items, first_seen_at, read_at, valid_from, valid_to)
  VALUES (?, ?, ?, ?, ?5, ?5, ?6, 9223372036854775807)
  ON CONFLICT DO UPDATE SET found_in = excluded.found_in, items = excluded.items, read_at = excluded.read_at`)
	qRegistered = query(`SELECT EXISTS (SELECT 1 FROM api_account WHERE account_id = ?1 AND store_hash = ?2 AND removed_at IS NULL
    AND (client_id = ?3 OR proof <> '' AND json_extract(proof, '$.ClientID') = ?3))`)
)

// saveClients writes the client IDs that metafields named, registered ones too: who reads them leaves these out. What is
// not named any more stays with its date, for no reading of metafields is whole (facts 2.7). The first reading through
// a token is a baseline.
func (s *saver) saveClients(held *heldToken, read org.TokenRead) error {
	if held.Store == 0 {
		return nil
	}
	for _, sight := range read.Clients {
		if sight.ClientID == "" {
			continue
		}
		err := s.saveClient(held, read, sight)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *saver) saveClient(held *heldToken, read org.TokenRead, sight org.ClientSight) error {
	_, err := one(s.ctx, s, scalar[string], qHeldClient, held.Store, sight.ClientID)
	fresh := err == errNone
	if err != nil && !fresh {
		return err
	}
	where, err := json.Marshal(sight.Where)
	if err != nil {
		return err
	}
	err = s.exec(qPutClient, held.Store, sight.ClientID, string(where), sight.Items, read.ReadAt.UnixMilli(), s.snapshot.ID)
	if err != nil || !fresh || held.clientsTried.IsZero() {
		return err
	}
	registered, err := one(s.ctx, s, scalar[bool], qRegistered, s.snapshot.Account, held.StoreHash, sight.ClientID)
	if err != nil || registered {
		return err
	}
	c := audit.Change{Kind: audit.ClientAppeared, Field: sight.ClientID, After: audit.JoinList(sight.Where)}
	return s.tokenChange(held, held.clientsTried, read.ReadAt, c)
}
