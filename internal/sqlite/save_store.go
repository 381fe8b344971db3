package sqlite

import (
	"database/sql"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// heldStore is a store as history holds it, with its local number.
type heldStore struct {
	audit.HeldStore
	id org.StoreID
}

const heldStoreText = `
	SELECT s.id, s.api_id, s.hash, s.missing_since IS NOT NULL,
	       coalesce((SELECT name FROM store_version v WHERE v.store_id = s.id ORDER BY valid_from DESC LIMIT 1), ''),
	       NOT EXISTS (SELECT 1 FROM store_version v WHERE v.store_id = s.id AND v.valid_to = 9223372036854775807)
	FROM store s WHERE s.account_id = ?`

var (
	qHeldStores = query(heldStoreText)
	qHeldStore  = query(heldStoreText + ` AND s.hash = ?`)
)

func scanHeldStore(rows *sql.Rows) (h heldStore, err error) {
	err = rows.Scan(&h.id, &h.APIID, &h.Hash, &h.Missing, &h.Name, &h.Gone)
	return h, err
}

// saveStoreList writes a finished read of the store list.
func (s *saver) saveStoreList(read org.AccountRead) error {
	s.date(&read.Read)
	f, err := s.facet(0, org.FacetStores)
	if err != nil {
		return err
	}
	held, err := all(s.ctx, s, scanHeldStore, qHeldStores, s.snapshot.Account)
	if err != nil {
		return err
	}
	if err := s.applyStores(f, held, read); err != nil {
		return err
	}
	return s.saveFacet(0, f, read.Read, read.Absence)
}

// store finds the store of a read. One that is new, renamed or back is written as if a partial store list had shown
// it: the whole list may arrive later. A failed read shows nothing.
func (s *saver) store(read org.StoreRead) (org.StoreID, error) {
	held, err := all(s.ctx, s, scanHeldStore, qHeldStore, s.snapshot.Account, read.Store.Hash)
	if err != nil {
		return 0, err
	}
	if len(held) == 1 {
		h := held[0]
		same := h.RemoteStore == read.Store && !h.Gone && !h.Missing
		if same || !shows(read.Read.State) {
			return h.id, nil
		}
	}
	f, err := s.facet(0, org.FacetStores)
	if err != nil {
		return 0, err
	}
	list := org.AccountRead{
		Stores: []org.RemoteStore{read.Store},
		Read:   org.FacetRead{State: org.FacetIncomplete, ReadAt: read.Read.ReadAt},
	}
	if err := s.applyStores(f, held, list); err != nil {
		return 0, err
	}
	return s.stores[read.Store.Hash], nil
}

// shows tells whether a read in this state brought anything.
func shows(state org.FacetState) bool {
	return state == org.FacetComplete || state == org.FacetIncomplete
}

func (s *saver) applyStores(f facetNow, held []heldStore, read org.AccountRead) error {
	stores := make([]audit.HeldStore, len(held))
	for i, h := range held {
		stores[i] = h.HeldStore
		s.stores[h.Hash] = h.id
	}
	diff := audit.DiffStores(stores, read, f.first(read.Read))
	for _, store := range diff.Put {
		if err := s.putStore(store, read.Read); err != nil {
			return err
		}
	}
	for _, store := range diff.Seen {
		if err := s.exec(qSeen, s.stores[store.Hash]); err != nil {
			return err
		}
	}
	for _, store := range diff.Missing {
		if err := s.exec(qMissing, s.snapshot.ID, s.stores[store.Hash]); err != nil {
			return err
		}
	}
	for _, store := range diff.Gone {
		if err := s.endStore(s.stores[store.Hash], read.Read); err != nil {
			return err
		}
	}
	for _, c := range diff.Changes {
		if err := s.change(f, read.Read, s.stores[c.Store], 0, c); err != nil {
			return err
		}
	}
	return nil
}

var (
	qPutStore = query(`
		INSERT INTO store (account_id, api_id, hash, first_seen_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET api_id = excluded.api_id, missing_since = NULL RETURNING id`)
	qSeen       = query(`UPDATE store SET missing_since = NULL WHERE id = ?`)
	qMissing    = query(`UPDATE store SET missing_since = ? WHERE id = ?`)
	qStoreNamed = query(`
		SELECT name FROM store_version WHERE store_id = ? AND valid_to = 9223372036854775807`)
	qEndStore = query(`
		UPDATE store_version SET valid_to = ?1
		WHERE store_id = ?2 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qDropStore       = query(`DELETE FROM store_version WHERE store_id = ? AND valid_from = ?`)
	qPutStoreVersion = query(`
		INSERT INTO store_version (store_id, valid_from, valid_to, name) VALUES (?, ?, 9223372036854775807, ?)
		ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, name = excluded.name`)
)

func (s *saver) putStore(store org.RemoteStore, read org.FacetRead) error {
	id, err := one(s.ctx, s, scalar[org.StoreID], qPutStore, s.snapshot.Account, store.APIID, store.Hash, read.ReadAt.UnixMilli())
	if err != nil {
		return err
	}
	s.stores[store.Hash] = id
	if name, err := one(s.ctx, s, scalar[string], qStoreNamed, id); err == nil && name == store.Name {
		return nil // only the API id differs
	} else if err != nil && err != errNone {
		return err
	}
	if err := s.exec(qEndStore, s.snapshot.ID, id); err != nil {
		return err
	}
	return s.exec(qPutStoreVersion, id, s.snapshot.ID, store.Name)
}

var (
	qEndStoreApps = query(`
		UPDATE store_app SET valid_to = ?1
		WHERE store_id = ?2 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qDropStoreApps = query(`DELETE FROM store_app WHERE store_id = ? AND valid_from = ?`)
	qDropFacets    = query(`DELETE FROM facet_now WHERE account_id = ? AND store_id = ?`)
)

// endStore ends a store that is gone, and with it every access. If it comes back, its first read is a baseline.
func (s *saver) endStore(store org.StoreID, read org.FacetRead) error {
	f, err := s.facet(store, org.FacetAccesses)
	if err != nil {
		return err
	}
	held, err := s.held(store)
	if err != nil {
		return err
	}
	for _, h := range held {
		if err := s.endAccess(store, h.user); err != nil {
			return err
		}
		c := audit.Change{Kind: audit.StoreGone, Email: h.Email, Field: "role", Before: audit.RoleWord(h.StoreUser)}
		if err := s.change(f, read, store, h.user, c); err != nil {
			return err
		}
	}
	for _, text := range []string{qEndStore, qEndStoreApps} {
		if err := s.exec(text, s.snapshot.ID, store); err != nil {
			return err
		}
	}
	for _, text := range []string{qDropStore, qDropStoreApps} {
		if err := s.exec(text, store, s.snapshot.ID); err != nil {
			return err
		}
	}
	return s.exec(qDropFacets, s.snapshot.Account, store)
}
