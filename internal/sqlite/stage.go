package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"rollcall/internal/org"
)

// staged is a page as it is kept: permission sets repeat from user to user, so each is written once.
type staged struct {
	org.Page
	Sets  []org.PermissionSet `json:",omitempty"`
	SetOf []int               `json:",omitempty"` // for each user the position in Sets
}

var (
	qStage   = query(`INSERT INTO sync_page (snapshot_id, list_kind, list_store, page) VALUES (?, ?, ?, ?)`)
	qUnstage = query(`DELETE FROM sync_page WHERE snapshot_id = ? AND list_kind = ? AND list_store = ?`)
	qStaged  = query(`SELECT page FROM sync_page WHERE snapshot_id = ? ORDER BY id`)
)

func (s *saver) stage(pages []org.Page) error {
	for _, page := range pages {
		text, err := json.Marshal(pack(page))
		if err != nil {
			return fmt.Errorf("stage a page: %w", err)
		}
		if err := s.exec(qStage, s.snapshot.ID, page.List.Kind, page.List.Store, text); err != nil {
			return err
		}
	}
	return nil
}

func (s *saver) unstage(lists []org.List) error {
	for _, list := range lists {
		if err := s.exec(qUnstage, s.snapshot.ID, list.Kind, list.Store); err != nil {
			return err
		}
	}
	return nil
}

func stagedPages(ctx context.Context, q querier, snapshot org.SnapshotID) ([]org.Page, error) {
	return all(ctx, q, func(rows *sql.Rows) (org.Page, error) {
		var text []byte
		var s staged
		if err := rows.Scan(&text); err != nil {
			return s.Page, err
		}
		err := json.Unmarshal(text, &s)
		return unpack(s), err
	}, qStaged, snapshot)
}

func pack(page org.Page) staged {
	s := staged{Page: page}
	positions := map[[32]byte]int{}
	s.Users = make([]org.StoreUser, len(page.Users))
	for i, u := range page.Users {
		hash := u.Permissions.Hash()
		position, met := positions[hash]
		if !met {
			position = len(s.Sets)
			positions[hash] = position
			s.Sets = append(s.Sets, u.Permissions)
		}
		u.Permissions = nil
		s.Users[i] = u
		s.SetOf = append(s.SetOf, position)
	}
	return s
}

func unpack(s staged) org.Page {
	for i, position := range s.SetOf {
		s.Users[i].Permissions = s.Sets[position]
	}
	if len(s.Users) == 0 {
		s.Users = nil
	}
	return s.Page
}
