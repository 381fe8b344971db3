package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"runtime/debug"
	"sync"

	"rollcall/internal/org"
)

// past holds all versions of an account's accesses and users up to a closed snapshot, as numbers. Any day before it is
// made from them in a few milliseconds, where reading the day from the file takes hundreds. It never changes: what the
// file holds of closed snapshots does not either, and retention only takes away days that nobody can ask for any more.
type past struct {
	upTo     org.SnapshotID
	stores   []pastStore
	accesses []pastAccess // by store, user and time
	contents []pastContent
	users    []pastUser // by user and time
	keys     []pastKey  // of the users, in their order
	named    []pastName // of the stores, by store and time
}

// pastName is a store under one of its names.
type pastName struct {
	store    storeEntry // without its facets
	from, to int64
}

type pastStore struct {
	id       org.StoreID
	from, to int32 // in accesses
}

type pastAccess struct{ user, person, content, from, to int32 }

// pastContent is what few versions differ in, stored once.
type pastContent struct {
	set    int32
	status int32
	unseen bool
}

type pastUser struct{ key, person, packed, from, to int32 }

type pastKey struct {
	id    org.UserID
	apiID string
	first int64 // unix milliseconds
}

// pastKept bounds how many versions of all accounts are kept in memory, at 20 bytes each. An account that does not fit
// is read from the file day by day.
const pastKept = 1_500_000

// pasts keeps the past of each account.
type pasts struct {
	mu   sync.Mutex
	list map[org.AccountID]*past
}

// of is the past that knows a snapshot, nil when there is none.
func (p *pasts) of(account org.AccountID, snapshot org.SnapshotID) *past {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.list[account]; known != nil && snapshot > 0 && snapshot <= known.upTo {
		return known
	}
	return nil
}

// put keeps the past of an account, or drops it when it is nil.
func (p *pasts) put(account org.AccountID, known *past) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.list == nil {
		p.list = map[org.AccountID]*past{}
	}
	delete(p.list, account)
	if known != nil {
		p.list[account] = known
	}
}

// room is how many more versions may be kept.
func (p *pasts) room() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	room := pastKept
	for _, known := range p.list {
		room -= len(known.accesses) + len(known.users)
	}
	return room
}

var (
	qShrink   = query(`PRAGMA shrink_memory`) // the pages that a long read passed by
	qPastSize = query(`SELECT (SELECT count(*) FROM access_version WHERE store_id IN (SELECT id FROM store WHERE account_id = ?1)),
    (SELECT count(*) FROM user u CROSS JOIN user_summary n ON n.user_id = u.id WHERE u.account_id = ?1)`)
	qPastAccesses = query(`SELECT (a.store_id << 40) + a.user_id, (a.person_id << 32) + coalesce(a.set_id, 0) * 2 + (a.unseen > 0),
    (a.valid_from << 32) + min(a.valid_to, 2147483647), a.status
  FROM access_version a WHERE a.store_id IN (SELECT id FROM store WHERE account_id = ?1) AND a.valid_from <= ?2
  ORDER BY a.store_id, a.user_id, a.valid_from`)
	qPastKeys  = query(`SELECT id, api_id, first_seen_at FROM user WHERE account_id = ?1 ORDER BY id`)
	qPastUsers = query(`SELECT u.id, (n.person_id << 32) + n.stores * 256 + n.role * 16 + n.privileged * 8 + n.sensitive * 4 + n.in_account,
    (n.valid_from << 32) + min(n.valid_to, 2147483647)
  FROM user u CROSS JOIN user_summary n ON n.user_id = u.id WHERE u.account_id = ?1 AND n.valid_from <= ?2
  ORDER BY u.id, n.valid_from`)
)

var qPastNames = query(`SELECT s.id, s.api_id, s.hash, s.first_seen_at, v.name, v.valid_from, v.valid_to
  FROM store s JOIN store_version v ON v.store_id = s.id AND v.valid_from <= ?2 WHERE s.account_id = ?1 ORDER BY s.id, v.valid_from`)

func scanPastName(rows *sql.Rows) (n pastName, err error) {
	n.store, err = scanStore(rows, &n.from, &n.to)
	return n, err
}

// rememberPast takes the past of an account into memory, up to its newest closed snapshot.
func (db *DB) rememberPast(ctx context.Context, account org.AccountID, newest org.SnapshotID) error {
	if db.pasts.of(account, newest) != nil {
		return nil
	}
	db.pasts.put(account, nil) // the old and the new one need not be there at once
	defer debug.FreeOSMemory() // reading leaves more garbage than the program holds otherwise
	return db.export(ctx, func(tx *sql.Tx) error {
		size, err := one(ctx, tx, func(rows *sql.Rows) (n [2]int, err error) {
			err = rows.Scan(&n[0], &n[1])
			return n, err
		}, qPastSize, account)
		if err != nil || size[0]+size[1] > db.pasts.room() {
			return err
		}
		p := &past{upTo: newest, accesses: make([]pastAccess, 0, size[0]), users: make([]pastUser, 0, size[1])}
		if err := p.readAccesses(ctx, tx, account, db.words.statusReader()); err != nil {
			return ignoreWide(err)
		}
		if err := p.readUsers(ctx, tx, account); err != nil {
			return ignoreWide(err)
		}
		if p.named, err = all(ctx, tx, scanPastName, qPastNames, account, newest); err != nil {
			return err
		}
		db.pasts.put(account, p)
		return each(ctx, tx, func(*sql.Rows) error { return nil }, qShrink)
	})
}

// errWide says that a number does not fit into the narrow fields of a past.
var errWide = errors.New("number too large")

func ignoreWide(err error) error {
	if errors.Is(err, errWide) {
		return nil
	}
	return err
}

func (p *past) readAccesses(ctx context.Context, q querier, account org.AccountID, code func([]byte) int32) error {
	contents := map[pastContent]int32{}
	return each(ctx, q, func(rows *sql.Rows) error {
		var place, content, span int64
		var status sql.RawBytes
		if err := rows.Scan(&place, &content, &span, &status); err != nil {
			return err
		}
		if place&(1<<40-1) > math.MaxInt32 {
			return errWide
		}
		p.at(org.StoreID(place>>40)).to++
		c := pastContent{set: int32(content & (1<<32 - 1) >> 1), status: code(status), unseen: content&1 == 1}
		number, known := contents[c]
		if !known {
			number = int32(len(p.contents))
			p.contents = append(p.contents, c)
			contents[c] = number
		}
		p.accesses = append(p.accesses, pastAccess{
			user: int32(place & (1<<40 - 1)), person: int32(content >> 32),
			content: number, from: int32(span >> 32), to: int32(span),
		})
		return nil
	}, qPastAccesses, account, p.upTo)
}

// at is the store whose accesses are being read.
func (p *past) at(id org.StoreID) *pastStore {
	if n := len(p.stores); n == 0 || p.stores[n-1].id != id {
		end := int32(len(p.accesses))
		p.stores = append(p.stores, pastStore{id, end, end})
	}
	return &p.stores[len(p.stores)-1]
}

func (p *past) readUsers(ctx context.Context, q querier, account org.AccountID) (err error) {
	p.keys, err = all(ctx, q, func(rows *sql.Rows) (k pastKey, err error) {
		err = rows.Scan(&k.id, &k.apiID, &k.first)
		return k, err
	}, qPastKeys, account)
	if err != nil {
		return err
	}
	key := 0
	return each(ctx, q, func(rows *sql.Rows) error {
		var id org.UserID
		var content, span int64
		if err := rows.Scan(&id, &content, &span); err != nil {
			return err
		}
		for p.keys[key].id < id {
			key++
		}
		p.users = append(p.users, pastUser{
			key: int32(key), person: int32(content >> 32), packed: int32(content),
			from: int32(span >> 32), to: int32(span),
		})
		return nil
	}, qPastUsers, account, p.upTo)
}
