package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// hookBase is what a closed snapshot fixes of the things that act on stores. It never changes.
type hookBase struct {
	hooks   []hookThen
	admin   map[org.APIAccountID]audit.HookAdmin
	foreign []org.ForeignClient
	sweep   sweepThen
}

// hookThen is a webhook in the snapshot.
type hookThen struct {
	org.Webhook
	id        org.WebhookID
	store     org.StoreID
	entry     org.APIAccountID
	host      string
	firstSeen int64 // unix milliseconds
	downSince int64 // the same; 0: not known
	seen      int64 // the same: when this version of it was first read
}

// sweepThen is how the newest sweep ended, as it was when the snapshot closed. Times of single tokens are not kept: at
// is not after the read of any token that worked.
type sweepThen struct {
	known   bool
	at      time.Time
	missing int // tokens that were not read and belong to no store in failed
	failed  map[org.StoreID]storeThen
}

// storeThen is a store with a token that failed in that sweep.
type storeThen struct {
	read int       // tokens that were read
	at   time.Time // of the oldest data shown
}

// actingParts are the parts of an image about what acts on stores.
type actingParts struct {
	base  part[hookBase]
	hosts part[map[string]int64] // when each host was first seen, in unix milliseconds
	mu    sync.Mutex
	made  *acting
}

var (
	qHooks = query(`SELECT h.id, h.store_id, h.api_id, h.client_id, h.api_account_id, h.first_seen_at, v.scope, v.destination, v.host,
    v.headers, v.active, v.status, v.created, v.updated, v.seen_at
  FROM hook h CROSS JOIN hook_version v ON v.hook_id = h.id AND v.valid_from <= ?2 AND v.valid_to > ?2
  WHERE h.account_id = ?1 AND (?3 IS NULL OR h.store_id IN (SELECT value FROM json_each(?3))) ORDER BY h.id`)
	qHookLives = query(`SELECT v.hook_id, v.active, v.status, v.seen_at FROM json_each(?1) j CROSS JOIN hook_version v ON v.hook_id = j.value
  AND v.valid_from <= ?2 ORDER BY v.hook_id, v.valid_from`)
	qHookAdmin = query(`SELECT a.api_account_id, a.emails, a.blocked FROM api_account e CROSS JOIN hook_admin a
    ON a.api_account_id = e.id AND a.valid_from <= ?2 AND a.valid_to > ?2 WHERE e.account_id = ?1`)
	qForeign = query(`SELECT s.id, s.hash, f.client_id, f.found_in, f.items, f.first_seen_at, f.read_at FROM store s
    CROSS JOIN foreign_client f ON f.store_id = s.id AND f.valid_from <= ?2 AND f.valid_to > ?2
  WHERE s.account_id = ?1 AND (?3 IS NULL OR s.id IN (SELECT value FROM json_each(?3))) ORDER BY s.id, f.client_id`)
	qSweepThen = query(`SELECT s.id, s.started_at FROM snapshot s CROSS JOIN facet_read f
    ON f.snapshot_id = s.id AND f.facet = 6 AND f.store_id = 0
  WHERE s.account_id = ?1 AND s.id <= ?2 AND s.state <> 'running' ORDER BY s.id DESC LIMIT 1`)
	qSweepStoresThen = query(`SELECT store_id, state = 1, coalesce(expected, received), received, coalesce(at, 0) FROM facet_read
  WHERE snapshot_id = ?1 AND facet = 6`)
	qProofsThen = query(`SELECT v.api_account_id, v.proof FROM api_account e CROSS JOIN api_account_version v
    ON v.api_account_id = e.id AND v.valid_from <= ?2 AND v.valid_to > ?2 WHERE e.account_id = ?1`)
	qHostsSeen = query(`SELECT v.host, min(v.seen_at) FROM hook h CROSS JOIN hook_version v ON v.hook_id = h.id AND v.valid_from <= ?2
  WHERE h.account_id = ?1 AND (?3 IS NULL OR h.store_id IN (SELECT value FROM json_each(?3))) GROUP BY v.host`)
)

func (v *view) hookBase(ctx context.Context) (*hookBase, error) {
	return v.image.acting.base.get(func() (*hookBase, error) {
		b := &hookBase{admin: map[org.APIAccountID]audit.HookAdmin{}}
		ctx := context.WithoutCancel(ctx) // others wait for the same piece
		err := v.db.read(ctx, func(tx *sql.Tx) error { return v.readHookBase(ctx, tx, b) })
		return b, err
	})
}

func (v *view) readHookBase(ctx context.Context, q querier, b *hookBase) (err error) {
	args := []any{v.scope.Account, v.snapshot.ID, only(v.scope)}
	words := interned{}
	if b.hooks, err = all(ctx, q, func(rows *sql.Rows) (hookThen, error) {
		var seen int64
		h, err := words.scanHook(rows, &seen)
		h.seen = seen
		return h, err
	}, qHooks, args...); err != nil {
		return err
	}
	if err := b.readLives(ctx, q, v.snapshot.ID); err != nil {
		return err
	}
	if err := each(ctx, q, b.addAdmin, qHookAdmin, args[:2]...); err != nil {
		return err
	}
	if b.sweep, err = readSweep(ctx, q, args[:2]...); err != nil {
		return err
	}
	b.foreign, err = all(ctx, q, scanForeign, qForeign, args...)
	return err
}

// interned keeps one copy of each text that occurs often.
type interned map[string]string

func (w interned) text(b sql.RawBytes) string {
	if known, ok := w[string(b)]; ok {
		return known
	}
	text := string(b)
	w[text] = text
	return text
}

// scanHook reads a webhook and more columns behind it.
func (w interned) scanHook(rows *sql.Rows, more ...any) (h hookThen, err error) {
	var client, scope, destination, host, headers, status sql.RawBytes
	var active int64
	var created, updated sql.NullInt64
	err = rows.Scan(append([]any{
		&h.id, &h.store, &h.APIID, &client, &h.entry, &h.firstSeen, &scope, &destination, &host, &headers, &active, &status, &created, &updated,
	}, more...)...)
	if err != nil {
		return h, err
	}
	h.ClientID, h.Scope, h.Destination, h.host, h.Status = w.text(client), w.text(scope), w.text(destination), w.text(host), w.text(status)
	h.Active, h.CreatedAt, h.UpdatedAt = tri(active), secondsMoment(created), secondsMoment(updated)
	if len(headers) > 0 {
		h.Headers = strings.Split(w.text(headers), "\n")
	}
	return h, nil
}

// secondsMoment is a time in unix seconds; 0: null at BigCommerce; NULL: not read.
func secondsMoment(at sql.NullInt64) org.Moment { return loginMoment(loginSeconds(at)) }

// readLives finds for hooks that are down since when they are, if they were seen up before.
func (b *hookBase) readLives(ctx context.Context, q querier, snapshot org.SnapshotID) error {
	places := map[org.WebhookID]int{}
	var down []org.WebhookID
	for i := range b.hooks {
		if h := &b.hooks[i]; h.State().Down() {
			down, places[h.id] = append(down, h.id), i
		}
	}
	up := map[org.WebhookID]bool{} // the version before was not down
	return each(ctx, q, func(rows *sql.Rows) error {
		var id org.WebhookID
		var active, seen int64
		var version org.Webhook
		if err := rows.Scan(&id, &active, &version.Status, &seen); err != nil {
			return err
		}
		version.Active = tri(active)
		isDown := version.State().Down()
		switch h := &b.hooks[places[id]]; {
		case !isDown:
			h.downSince = 0
		case up[id]:
			h.downSince = seen
		}
		up[id] = !isDown && version.State() != org.HookUnknown
		return nil
	}, qHookLives, idList(down), snapshot)
}

func (b *hookBase) addAdmin(rows *sql.Rows) error {
	var id org.APIAccountID
	var emails, blocked []byte
	if err := rows.Scan(&id, &emails, &blocked); err != nil {
		return err
	}
	var a audit.HookAdmin
	if err := firstError(json.Unmarshal(emails, &a.Emails), json.Unmarshal(blocked, &a.Blocked)); err != nil {
		return fmt.Errorf("webhook notices of API account %d: %w", id, err)
	}
	slices.Sort(a.Emails)
	b.admin[id] = a
	return nil
}

// readSweep reads how the newest sweep up to a snapshot ended (see sumUpSweep).
func readSweep(ctx context.Context, q querier, args ...any) (t sweepThen, err error) {
	t.failed = map[org.StoreID]storeThen{}
	of, err := one(ctx, q, func(rows *sql.Rows) (of [2]int64, err error) {
		err = rows.Scan(&of[0], &of[1])
		return of, err
	}, qSweepThen, args...)
	if errors.Is(err, errNone) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.known, t.at = true, fromMillis(of[1])
	return t, each(ctx, q, func(rows *sql.Rows) error {
		var store org.StoreID
		var complete bool
		var tokens, read int
		var at int64
		if err := rows.Scan(&store, &complete, &tokens, &read, &at); err != nil {
			return err
		}
		switch {
		case store != 0:
			t.failed[store] = storeThen{read: read, at: fromMillis(at)}
			t.missing -= tokens - read
		case complete && at > 0:
			t.at = fromMillis(at)
		default:
			t.missing += tokens - read
		}
		return nil
	}, qSweepStoresThen, of[0])
}

func scanForeign(rows *sql.Rows) (f org.ForeignClient, err error) {
	var where []byte
	var first, read int64
	if err = rows.Scan(&f.Store, &f.StoreHash, &f.ClientID, &where, &f.Items, &first, &read); err != nil {
		return f, err
	}
	f.FirstSeen, f.ReadAt = fromMillis(first), fromMillis(read)
	return f, json.Unmarshal(where, &f.Where)
}

// proofsThen are the verifications as the snapshot knew them.
func (v *view) proofsThen(ctx context.Context) (map[org.APIAccountID]org.Proof, error) {
	proofs := map[org.APIAccountID]org.Proof{}
	return proofs, each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var id org.APIAccountID
		var text string
		err := rows.Scan(&id, &text)
		if err == nil {
			proofs[id], err = readProof(text)
		}
		return err
	}, qProofsThen, v.scope.Account, v.snapshot.ID)
}

// hostsSeen tells when each host was first seen to receive events.
func (v *view) hostsSeen(ctx context.Context) (map[string]int64, error) {
	seen, err := v.image.acting.hosts.get(func() (*map[string]int64, error) {
		list := map[string]int64{}
		err := each(context.WithoutCancel(ctx), v.db.reader, func(rows *sql.Rows) error {
			var host string
			var at int64
			err := rows.Scan(&host, &at)
			list[host] = at
			return err
		}, qHostsSeen, v.scope.Account, v.snapshot.ID, only(v.scope))
		return &list, err
	})
	if err != nil {
		return nil, err
	}
	return *seen, nil
}
