package sqlite

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"strings"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// heldHook is a webhook as history holds it, with its local number and the entry through which it was seen last.
type heldHook struct {
	audit.HeldHook
	id      org.WebhookID
	through org.APIAccountID
}

var qHeldHooks = query(`SELECT h.id, h.api_id, h.client_id, h.api_account_id, v.scope, v.destination, v.headers, v.active, v.status,
    v.created, v.updated
  FROM hook h JOIN hook_version v ON v.hook_id = h.id AND v.valid_to = 9223372036854775807 WHERE h.store_id = ?`)

// heldHooks are the webhooks that history holds of a store.
func (s *saver) heldHooks(store org.StoreID) ([]heldHook, error) {
	return all(s.ctx, s, func(rows *sql.Rows) (h heldHook, err error) {
		var headers string
		var created, updated sql.NullInt64
		err = rows.Scan(&h.id, &h.APIID, &h.ClientID, &h.through, &h.Scope, &h.Destination, &headers, &h.Active, &h.Status, &created, &updated)
		if headers != "" {
			h.Headers = strings.Split(headers, "\n")
		}
		h.CreatedAt, h.UpdatedAt = seconds(created), seconds(updated)
		return h, err
	}, qHeldHooks, store)
}

// saveHooks writes the webhooks that a token showed and gives why they were not read to the end, empty when they were.
func (s *saver) saveHooks(held *heldToken, read *org.TokenRead) (problem string, err error) {
	switch {
	case read.Hooks == nil:
		return cmp.Or(read.Proof.Cause, "The webhooks were not read."), nil
	case held.Store == 0:
		return "No sync has found this store in the account.", nil
	}
	hooks := *read.Hooks
	if !read.Proof.State.Works() {
		hooks.Whole = false
	}
	for i := range hooks.Hooks {
		hook := &hooks.Hooks[i]
		hook.CreatedAt, hook.UpdatedAt = credible(hook.CreatedAt), credible(hook.UpdatedAt)
	}
	if err := s.diffHooks(held, *read, hooks); err != nil {
		return "", err
	}
	if hooks.AdminRead {
		if err := s.saveHookAdmin(held, read, hooks); err != nil {
			return "", err
		}
	}
	if !hooks.Whole {
		return cmp.Or(hooks.Problem, read.Proof.Cause, "The list of webhooks was not read to its end."), nil
	}
	return "", nil
}

// diffHooks compares what a token showed with what is held of its store. It must show the webhooks of its client; while
// nobody knows which client that is, those that the same token showed before.
func (s *saver) diffHooks(held *heldToken, read org.TokenRead, hooks org.HookRead) error {
	list, err := s.heldHooks(held.Store)
	if err != nil {
		return err
	}
	client := audit.ReadClient(read.Proof, hooks.Hooks)
	baseline := held.hooksPrint == nil || !bytes.Equal(held.hooksPrint, held.print)
	before, known := make([]audit.HeldHook, len(list)), make(map[int64]heldHook, len(list))
	for i, h := range list {
		switch through := h.through == held.ID; {
		case client != "" && h.ClientID != "":
			h.Mine = h.ClientID == client
		case client != "":
			h.Mine = through
		default:
			h.Mine = through && !baseline
		}
		before[i], known[h.APIID] = h.HeldHook, h
	}
	diff := audit.DiffHooks(before, hooks, baseline)
	for _, hook := range diff.Put {
		if err := s.putHook(held, read, hook); err != nil {
			return err
		}
	}
	for _, hook := range hooks.Hooks {
		if h, met := known[hook.APIID]; met && h.through != held.ID {
			if err := s.exec(qHookThrough, held.ID, h.id); err != nil {
				return err
			}
		}
	}
	for _, hook := range diff.End {
		if err := s.endHook(known[hook.APIID].id); err != nil {
			return err
		}
	}
	for _, c := range diff.Changes {
		if err := s.tokenChange(held, held.hooksRead, read.ReadAt, c); err != nil {
			return err
		}
	}
	return nil
}

var (
	qPutHook = query(`INSERT INTO hook (account_id, store_id, api_id, client_id, api_account_id, first_seen_at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET client_id = excluded.client_id, api_account_id = excluded.api_account_id RETURNING id`)
	qHookThrough    = query(`UPDATE hook SET api_account_id = ? WHERE id = ?`)
	qEndHookVersion = query(`UPDATE hook_version SET valid_to = ?1
  WHERE hook_id = ?2 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qPutHookVersion = query(`INSERT INTO hook_version (hook_id, valid_from, valid_to, scope, destination, host, headers, active, status,
    created, updated, seen_at) VALUES (?, ?, 9223372036854775807, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, scope = excluded.scope, destination = excluded.destination, host = excluded.host,
    headers = excluded.headers, active = excluded.active, status = excluded.status, created = excluded.created, updated = excluded.updated,
    seen_at = excluded.seen_at`)
	qDropHookVersion = query(`DELETE FROM hook_version WHERE hook_id = ? AND valid_from = ?`)
)

func (s *saver) putHook(held *heldToken, read org.TokenRead, hook org.Webhook) error {
	id, err := one(s.ctx, s, scalar[org.WebhookID], qPutHook, s.snapshot.Account, held.Store, hook.APIID, hook.ClientID, held.ID,
		read.ReadAt.UnixMilli())
	if err != nil {
		return err
	}
	if err := s.exec(qEndHookVersion, s.snapshot.ID, id); err != nil {
		return err
	}
	return s.exec(qPutHookVersion, id, s.snapshot.ID, hook.Scope, hook.Destination, org.HostOf(hook.Destination),
		strings.Join(hook.Headers, "\n"), hook.Active, hook.Status, toSeconds(hook.CreatedAt), toSeconds(hook.UpdatedAt), read.ReadAt.UnixMilli())
}

func (s *saver) endHook(id org.WebhookID) error {
	if err := s.exec(qEndHookVersion, s.snapshot.ID, id); err != nil {
		return err
	}
	return s.exec(qDropHookVersion, id, s.snapshot.ID)
}

var (
	qHeldHookAdmin = query(`SELECT emails, blocked FROM hook_admin WHERE api_account_id = ? AND valid_to = 9223372036854775807`)
	qEndHookAdmin  = query(`UPDATE hook_admin SET valid_to = ?1
  WHERE api_account_id = ?2 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qPutHookAdmin = query(`INSERT INTO hook_admin (api_account_id, valid_from, valid_to, emails, blocked)
  VALUES (?, ?, 9223372036854775807, ?, ?)
  ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, emails = excluded.emails, blocked = excluded.blocked`)
)

// saveHookAdmin writes who is told and what is blocked when it differs from the last reading.
func (s *saver) saveHookAdmin(held *heldToken, read *org.TokenRead, hooks org.HookRead) error {
	before, err := one(s.ctx, s, func(rows *sql.Rows) (*audit.HookAdmin, error) {
		var emails, blocked []byte
		a := &audit.HookAdmin{}
		if err := rows.Scan(&emails, &blocked); err != nil {
			return nil, err
		}
		return a, firstError(json.Unmarshal(emails, &a.Emails), json.Unmarshal(blocked, &a.Blocked))
	}, qHeldHookAdmin, held.ID)
	if err != nil && err != errNone {
		return err
	}
	now := audit.HookAdmin{Emails: hooks.Emails, Blocked: hooks.Blocked}
	put, changes := audit.DiffHookAdmin(before, now, held.APIAccount)
	if put {
		if err := s.putHookAdmin(held, now); err != nil {
			return err
		}
	}
	if held.hooksPrint == nil || !bytes.Equal(held.hooksPrint, held.print) {
		return nil // of another token, or of one that was refused since: no before
	}
	for _, c := range changes {
		if err := s.tokenChange(held, held.hooksRead, read.ReadAt, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *saver) putHookAdmin(held *heldToken, now audit.HookAdmin) error {
	emails, err := json.Marshal(orEmpty(now.Emails))
	if err != nil {
		return err
	}
	blocked, err := json.Marshal(orEmpty(now.Blocked))
	if err != nil {
		return err
	}
	if err := s.exec(qEndHookAdmin, s.snapshot.ID, held.ID); err != nil {
		return err
	}
	return s.exec(qPutHookAdmin, held.ID, s.snapshot.ID, string(emails), string(blocked))
}

// orEmpty makes nil an empty list.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
