package sqlite

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// image is a closed snapshot in memory, as numbers: lists filter, sort and count over it, because looking at 100,000
// accesses takes well under a millisecond here and far more in SQL. Each part is read when it is first needed; the
// scope is applied by the SQL that reads it, so an image holds nothing that its scope may not see.
type image struct {
	snapshot    org.Snapshot
	scope       org.Scope
	past        bool      // a newer snapshot is known to be closed
	used        time.Time // when it was looked at last
	stores      part[storeTable]
	users       part[userTable] // without sign-ins
	signedIn    part[userTable] // with sign-ins
	accesses    part[accessTable]
	logins      part[[]int64]             // last sign-in of each access: unix seconds; 0: never; -1: not read
	apps        part[[]int32]             // app set of each access; 0: none is recorded
	appTable    part[appTable]            // of all stores
	choices     part[org.FilterChoices]   // without labels
	permissions part[[]org.PermissionRow] // of all accesses
	changes     part[map[org.StoreID]int] // of each store in the 30 days before
	totals      totals                    // of lists that are counted by SQL
	wrongTotals part[[]audit.WrongTotal]
	acting      actingParts
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

// Bounds of what is kept in memory: this many images, and beside the one in use no more than this many accesses. What
// was not looked at for pastIdle is dropped, except the newest snapshot of each account and scope.
const (
	imagesKept   = 6
	accessesKept = 300_000
	pastIdle     = 2 * time.Minute
)

// images keeps those used last.
type images struct {
	mu    sync.Mutex
	list  []*image    // used last comes first
	sweep *time.Timer // set while images of past days are kept
}

func (c *images) get(snapshot org.Snapshot, scope org.Scope, past bool) *image {
	c.mu.Lock()
	defer c.mu.Unlock()
	img := c.find(snapshot, scope)
	if snapshot.ID == 0 { // nothing to keep: the first snapshot may close at any time
		return img
	}
	img.past, img.used = past, time.Now()
	for _, other := range c.list { // a newer snapshot was closed meanwhile
		other.past = other.past || !past && other.scope.Account == scope.Account && other.snapshot.ID < snapshot.ID
	}
	c.list = slices.Insert(c.list, 0, img)
	if c.sweep == nil && slices.ContainsFunc(c.list, func(img *image) bool { return img.past }) {
		c.sweep = time.AfterFunc(pastIdle, func() { c.dropPast(pastIdle) })
	}
	held := 0
	for i, img := range c.list {
		if held += img.snapshot.Accesses; i > 0 && (i >= imagesKept || held > accessesKept) {
			c.list = slices.Delete(c.list, i, len(c.list))
			break
		}
	}
	return img
}

// find takes the image out of the list, or makes it.
func (c *images) find(snapshot org.Snapshot, scope org.Scope) *image {
	for i, img := range c.list {
		if img.snapshot.ID == snapshot.ID && img.scope.Account == scope.Account && sameStores(img.scope, scope) {
			c.list = slices.Delete(c.list, i, i+1)
			return img
		}
	}
	scope.Stores = slices.Clone(scope.Stores)
	return &image{snapshot: snapshot, scope: scope}
}

// dropPast drops the images of past days that were not used for some time, and gives their memory back.
func (c *images) dropPast(idle time.Duration) {
	c.mu.Lock()
	before := len(c.list)
	c.list = slices.DeleteFunc(c.list, func(img *image) bool { return img.past && time.Since(img.used) >= idle })
	left, dropped := slices.ContainsFunc(c.list, func(img *image) bool { return img.past }), before > len(c.list)
	if c.sweep != nil {
		if c.sweep.Stop(); left {
			c.sweep.Reset(pastIdle)
		} else {
			c.sweep = nil
		}
	}
	c.mu.Unlock()
	if dropped || !left {
		debug.FreeOSMemory()
	}
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
	if _, err := v.acting(ctx, false); err != nil {
		return err
	}
	if _, err = v.changes30(ctx); err != nil || scope.Stores != nil {
		return err
	}
	if err := v.warmUsers(ctx); err != nil {
		return err
	}
	if err := db.packHistory(ctx, scope.Account, v.snapshot.ID); err != nil {
		return err
	}
	return db.rememberPast(ctx, scope.Account, v.snapshot.ID)
}

// warmUsers readies what the first use of a filter or of a column to sort by would wait for.
func (v *view) warmUsers(ctx context.Context) error {
	users, err := v.usersSignedIn(ctx)
	if err != nil {
		return err
	}
	for _, c := range userColumns {
		users.order(c)
	}
	_, err = v.fixedChoices(ctx)
	return err
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
