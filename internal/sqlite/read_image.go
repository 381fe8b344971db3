package sqlite

import (
	"context"
	"slices"
	"sync"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// image is a closed snapshot in memory, as numbers: lists filter, sort and count over it, because looking at 100,000
// accesses takes well under a millisecond here and far more in SQL. Each part is read when it is first needed; the
// scope is applied by the SQL that reads it, so an image holds nothing that its scope may not see.
type image struct {
	snapshot    org.Snapshot
	scope       org.Scope
	stores      part[storeTable]
	users       part[userTable] // without sign-ins
	signedIn    part[userTable] // with sign-ins
	accesses    part[accessTable]
	logins      part[[]int64]             // last sign-in of each access: unix seconds; 0: never; -1: not read
	apps        part[[]int32]             // app set of each access; 0: none is recorded
	choices     part[org.FilterChoices]   // without labels
	permissions part[[]org.PermissionRow] // of all accesses
	changes     part[map[org.StoreID]int] // of each store in the 30 days before
	totals      totals                    // of lists that are counted by SQL
	wrongTotals part[[]audit.WrongTotal]
}

// part is a piece of an image, read once.
type part[T any] struct {
	mu    sync.Mutex
	value *T
}

// get returns the piece, reading it when this is the first call. A failed read is tried again by the next call.
func (p *part[T]) get(load func() (*T, error)) (*T, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.value != nil {
		return p.value, nil
	}
	value, err := load()
	if err == nil {
		p.value = value
	}
	return value, err
}

// offer puts a piece in place that was read on the way to another one.
func (p *part[T]) offer(value *T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.value == nil {
		p.value = value
	}
}

// loaded tells whether the piece is there already.
func (p *part[T]) loaded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.value != nil
}

// Bounds of what is kept in memory: this many images, and beside the one in use no more than this many accesses.
const (
	imagesKept   = 6
	accessesKept = 500_000
)

// images keeps those used last.
type images struct {
	mu   sync.Mutex
	list []*image // used last comes first
}

func (c *images) get(snapshot org.Snapshot, scope org.Scope) *image {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, img := range c.list {
		if img.snapshot.ID == snapshot.ID && img.scope.Account == scope.Account && sameStores(img.scope, scope) {
			c.list = slices.Insert(slices.Delete(c.list, i, i+1), 0, img)
			return img
		}
	}
	scope.Stores = slices.Clone(scope.Stores)
	img := &image{snapshot: snapshot, scope: scope}
	if snapshot.ID == 0 { // nothing to keep: the first snapshot may close at any time
		return img
	}
	c.list = slices.Insert(c.list, 0, img)
	held := 0
	for i, img := range c.list {
		if held += img.snapshot.Accesses; i > 0 && (i >= imagesKept || held > accessesKept) {
			c.list = slices.Delete(c.list, i, len(c.list))
			break
		}
	}
	return img
}

func sameStores(a, b org.Scope) bool {
	return (a.Stores == nil) == (b.Stores == nil) && slices.Equal(a.Stores, b.Stores)
}

// Warm reads the newest closed snapshot of an account into memory, so that the first pages after a start or after
// a sync need not wait for it; then, for a scope of all stores, the history that makes past days cheap. Pages work
// without both.
func (db *DB) Warm(ctx context.Context, scope org.Scope) error {
	v, err := db.view(ctx, scope, org.AsOf{}, org.Settings{})
	if err != nil || v.snapshot.ID == 0 {
		return err
	}
	if _, err := v.logins(ctx); err != nil {
		return err
	}
	if _, err = v.changes30(ctx); err != nil || scope.Stores != nil {
		return err
	}
	if err := db.packHistory(ctx, scope.Account, v.snapshot.ID); err != nil {
		return err
	}
	return db.rememberPast(ctx, scope.Account, v.snapshot.ID)
}

// totals remembers how many rows queries have in a snapshot.
type totals struct {
	mu   sync.Mutex
	rows map[string]int
}

// totalsKept bounds the memory of totals.
const totalsKept = 1000

func (t *totals) get(query string) (n int, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, known = t.rows[query]
	return n, known
}

func (t *totals) put(query string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil || len(t.rows) >= totalsKept {
		t.rows = map[string]int{}
	}
	t.rows[query] = n
}
