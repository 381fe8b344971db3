package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/internal/org"
)

// registry is the register of an account as it stands now, and the approved hosts. It never changes: another one takes
// its place.
type registry struct {
	mark    int64
	newest  org.SnapshotID // the newest closed snapshot when it was read
	entries []entryNow     // by id, those taken out of the register too
	hosts   []org.ApprovedHost
	places  map[org.APIAccountID]int
}

// entryNow is an entry with the state of its newest sweep, which may belong to a snapshot that is still running.
type entryNow struct {
	org.APIAccount
	tried, read time.Time
	problem     string
	swept       org.SnapshotID
	print       string
}

type clientKey struct{ store, client string }

// registries keeps the register of each account until its mark moves on.
type registries struct {
	mu   sync.Mutex
	list map[org.AccountID]*registry
}

var (
	qMark    = query(`SELECT n FROM register_mark WHERE account_id = ?`)
	qEntries = query(`SELECT coalesce(e.hooks_tried, 0), coalesce(e.hooks_read, 0), e.hooks_problem, e.swept, coalesce(hex(e.token_print), ''), ` +
		entryColumns + ` WHERE e.account_id = ? ORDER BY e.id`)
)

// register is the register of the account, read again only when it changed or another snapshot was closed.
func (v *view) register(ctx context.Context) (*registry, error) {
	account, newest := v.scope.Account, org.SnapshotID(0)
	if v.newest {
		newest = v.snapshot.ID
	}
	mark, err := one(ctx, v.db.reader, scalar[int64], qMark, account)
	if err != nil && !errors.Is(err, errNone) {
		return nil, err
	}
	r := &v.db.registers
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.list[account]; known != nil && known.mark == mark && known.newest >= newest {
		return known, nil
	}
	reg := &registry{newest: newest}
	ctx = context.WithoutCancel(ctx) // others wait for the same
	if err := v.db.read(ctx, func(tx *sql.Tx) error { return reg.load(ctx, tx, account) }); err != nil {
		return nil, err
	}
	if r.list == nil {
		r.list = map[org.AccountID]*registry{}
	}
	r.list[account] = reg
	return reg, nil
}

func (r *registry) load(ctx context.Context, q querier, account org.AccountID) (err error) {
	if r.mark, err = one(ctx, q, scalar[int64], qMark, account); err != nil && !errors.Is(err, errNone) {
		return err
	}
	if r.entries, err = all(ctx, q, scanEntryNow, qEntries, account); err != nil {
		return err
	}
	if r.hosts, err = all(ctx, q, scanApproved, qApprovedHosts, account); err != nil {
		return err
	}
	r.places = make(map[org.APIAccountID]int, len(r.entries))
	for i := range r.entries {
		e := &r.entries[i]
		r.places[e.ID] = i
	}
	r.share()
	return nil
}

func scanEntryNow(rows *sql.Rows) (e entryNow, err error) {
	var tried, read int64
	if e.APIAccount, err = scanEntryWith(rows, &tried, &read, &e.problem, &e.swept, &e.print); err != nil {
		return e, err
	}
	e.tried, e.read = fromMillis(tried), fromMillis(read)
	return e, nil
}

// fromMillis is a time in unix milliseconds, the zero time for 0.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// share notes which entries have the same token, or the same client without being an app: an app has one client for
// all stores.
func (r *registry) share() {
	groups := map[string][]int{}
	for i := range r.entries {
		e := &r.entries[i]
		if !e.RemovedAt.IsZero() {
			continue
		}
		if e.print != "" {
			groups["token "+e.print] = append(groups["token "+e.print], i)
		}
		if e.ClientID != "" && e.Kind != org.APIAccountApp {
			groups["client "+e.ClientID] = append(groups["client "+e.ClientID], i)
		}
	}
	for i := range r.entries {
		e, seen := &r.entries[i], map[int]bool{i: true}
		for _, key := range []string{"token " + e.print, "client " + e.ClientID} {
			for _, other := range groups[key] {
				if !seen[other] && (key[0] == 't' || e.Kind != org.APIAccountApp) && e.RemovedAt.IsZero() {
					e.Shared, seen[other] = append(e.Shared, tokenRef(r.entries[other].APIAccount)), true
				}
			}
		}
	}
}

// tokenRef names an entry on pages, with its store when it has one.
func tokenRef(a org.APIAccount) org.TokenRef {
	return org.TokenRef{ID: a.ID, Label: a.Label(), ClientID: a.ClientID}
}

// entry finds an entry by its number, nil when there is none.
func (r *registry) entry(id org.APIAccountID) *entryNow {
	if i, known := r.places[id]; known {
		return &r.entries[i]
	}
	return nil
}

var qNextFinished = query(`SELECT finished_at FROM snapshot WHERE account_id = ? AND id > ? AND state <> 'running' ORDER BY id LIMIT 1`)

// shownUntil is when the snapshot stopped being the newest; the zero time while it is. The register has no versions: for
// a snapshot it is what it was in its last moment as the newest.
func (v *view) shownUntil(ctx context.Context) (time.Time, error) {
	if v.newest {
		return time.Time{}, nil
	}
	at, err := one(ctx, v.db.reader, scalar[int64], qNextFinished, v.scope.Account, v.snapshot.ID)
	if errors.Is(err, errNone) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("end of snapshot %d: %w", v.snapshot.ID, err)
	}
	return fromMillis(at), nil
}

// in tells whether the entry was in the register at a moment; the zero time is now.
func (e *entryNow) in(at time.Time) bool {
	if at.IsZero() {
		return e.RemovedAt.IsZero()
	}
	return !e.AddedAt.After(at) && (e.RemovedAt.IsZero() || e.RemovedAt.After(at))
}
