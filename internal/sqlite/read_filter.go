package sqlite

import (
	"context"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// personFilter holds the conditions of a query on a person: search, domains, single users.
type personFilter struct {
	words   []string
	domains []string
	users   []org.UserID
}

func newPersonFilter(q org.Query) *personFilter {
	f := &personFilter{words: strings.Fields(strings.ToLower(q.Search)), domains: q.Domains, users: slices.Clone(q.Users)}
	slices.Sort(f.users)
	return f
}

func (f *personFilter) any() bool { return len(f.words)+len(f.domains)+len(f.users) == 0 }

// match tells whether every word occurs in the name or the e-mail, and whether domain and user are wanted.
func (f *personFilter) match(id org.UserID, p *person) bool {
	if len(f.users) > 0 {
		if _, found := slices.BinarySearch(f.users, id); !found {
			return false
		}
	}
	for _, word := range f.words {
		if !strings.Contains(p.name, word) && !strings.Contains(p.mail, word) {
			return false
		}
	}
	return len(f.domains) == 0 || slices.Contains(f.domains, org.EmailDomain(p.mail))
}

// accessFilter holds the conditions of a query on a single access. All must hold for the same one (design 7).
type accessFilter struct {
	stores   []bool         // by place in the store table; nil: any
	sets     []bool         // by permission set; nil: any
	statuses []bool         // by code; nil: any
	appSets  map[int32]bool // nil: any
	apps     []int32        // app set of each row of the access table
}

func (f *accessFilter) match(a *accessEntry, app int32) bool {
	return (f.stores == nil || f.stores[a.store]) && (f.sets == nil || f.sets[a.set]) &&
		(f.statuses == nil || f.statuses[a.status]) && (f.appSets == nil || f.appSets[app])
}

// hasStatus looks for a status without regard to case, in which addresses do not give it.
func hasStatus(list []org.Status, s org.Status) bool {
	return slices.ContainsFunc(list, func(wanted org.Status) bool { return strings.EqualFold(string(wanted), string(s)) })
}

// at matches row i of the access table.
func (f *accessFilter) at(t *accessTable, i int32) bool {
	app := int32(0)
	if f.appSets != nil {
		app = f.apps[i]
	}
	return f.match(&t.rows[i], app)
}

// accessFilter prepares the conditions on accesses of a query.
func (v *view) accessFilter(ctx context.Context, q org.Query, words lexicon) (f accessFilter, err error) {
	if f.stores, err = v.storeFilter(ctx, q); err != nil {
		return f, err
	}
	if len(q.Apps) > 0 {
		if f.appSets, err = v.appSets(ctx, q.Apps); err != nil {
			return f, err
		}
	}
	f.sets, f.statuses = setFilter(q, words), statusFilter(q, words)
	return f, nil
}

// statusFilter marks the statuses that a query wants; nil when it wants all.
func statusFilter(q org.Query, words lexicon) []bool {
	if len(q.Statuses) == 0 {
		return nil
	}
	marks := make([]bool, len(words.statuses))
	for code, status := range words.statuses {
		marks[code] = hasStatus(q.Statuses, status)
	}
	return marks
}

// storeFilter marks the stores that a query wants by hash or label; nil when it wants all.
func (v *view) storeFilter(ctx context.Context, q org.Query) ([]bool, error) {
	if len(q.Stores)+len(q.Labels) == 0 {
		return nil, nil
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	labelled, err := v.labelled(ctx, q.Labels)
	if err != nil {
		return nil, err
	}
	marks := make([]bool, len(stores.rows))
	for i := range stores.rows {
		s := &stores.rows[i]
		marks[i] = (len(q.Stores) == 0 || slices.Contains(q.Stores, s.Hash)) && (len(q.Labels) == 0 || labelled[s.ID])
	}
	return marks, nil
}

// labelled marks the stores with one of the labels.
func (v *view) labelled(ctx context.Context, labels []string) (map[org.StoreID]bool, error) {
	marks := map[org.StoreID]bool{}
	if len(labels) == 0 {
		return marks, nil
	}
	ids, err := all(ctx, v.db.reader, scalar[org.StoreID], qLabelled, v.scope.Account, idList(labels))
	for _, id := range ids {
		marks[id] = true
	}
	return marks, err
}

var (
	qLabelled = query(`SELECT DISTINCT l.store_id FROM store_label l JOIN store s ON s.id = l.store_id
  WHERE s.account_id = ?1 AND l.label IN (SELECT value FROM json_each(?2))`)
	qAppSets = query(`SELECT DISTINCT i.set_id FROM app a JOIN app_in_set i ON i.app_id = a.id
  WHERE a.account_id = ?1 AND a.api_id IN (SELECT value FROM json_each(?2))`)
)

// appSets are the sets that hold one of the apps.
func (v *view) appSets(ctx context.Context, apps []string) (map[int32]bool, error) {
	ids, err := all(ctx, v.db.reader, scalar[int32], qAppSets, v.scope.Account, idList(apps))
	sets := make(map[int32]bool, len(ids))
	for _, id := range ids {
		sets[id] = true
	}
	return sets, err
}

// setFilter marks the permission sets that a query wants; nil when it wants all. Set 0 was not read: its role is
// unknown, and neither yes nor no is true of it.
func setFilter(q org.Query, words lexicon) []bool {
	if len(q.Roles)+len(q.Permissions) == 0 && q.Privileged == org.Unknown && q.Sensitive == org.Unknown {
		return nil
	}
	var held []uint16
	for i, name := range words.names {
		if slices.Contains(q.Permissions, name) {
			held = append(held, uint16(i))
		}
	}
	marks := make([]bool, len(words.rights))
	for i, r := range words.rights {
		marks[i] = (len(q.Roles) == 0 || slices.Contains(q.Roles, r.role)) &&
			(len(q.Permissions) == 0 || slices.ContainsFunc(r.names, func(n uint16) bool { return slices.Contains(held, n) })) &&
			(q.Privileged == org.Unknown || r.read && r.privileged == (q.Privileged == org.Yes)) &&
			(q.Sensitive == org.Unknown || r.read && r.sensitive == (q.Sensitive == org.Yes))
	}
	return marks
}

// loginState sorts a sign-in in unix seconds; since is the oldest that counts as active.
func loginState(at, since int64) org.LoginState {
	switch {
	case at < 0:
		return org.LoginUnknown
	case at == 0:
		return org.LoginNever
	case at < since:
		return org.LoginInactive
	}
	return org.LoginActive
}
