package export

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"rollcall/internal/org"
)

// held marks a permission that an access has.
const held = "x"

// matrixTables are what the rows of both matrices point to.
type matrixTables struct {
	stores map[org.StoreID]org.Store
	users  map[org.UserID]string
	people map[int64]string // e-mail
	sets   map[int64]org.PermissionSet
	roles  map[int64]org.Role
}

func newMatrixTables() *matrixTables {
	return &matrixTables{
		map[org.StoreID]org.Store{},
		map[org.UserID]string{},
		map[int64]string{},
		map[int64]org.PermissionSet{},
		map[int64]org.Role{},
	}
}

func (m *matrixTables) sink(row func(org.AccessRef) error) org.AccessSink {
	return org.AccessSink{
		Store:  func(s org.Store) { m.stores[s.ID] = s },
		User:   func(id org.UserID, apiID string) { m.users[id] = apiID },
		Person: func(id int64, who org.Identity) { m.people[id] = who.Email },
		Set: func(id int64, set org.PermissionSet, role org.Role, _ bool) {
			m.sets[id], m.roles[id] = set, role
		},
		Apps: func(int64, []org.App, bool) {},
		Row:  row,
	}
}

// writePermissionMatrix reads the accesses twice: the columns are the permissions that occur in them, and a header
// comes first.
func writePermissionMatrix(ctx context.Context, source Source, job Job, t table) (int, error) {
	used := map[int64]bool{}
	tables := newMatrixTables()
	sink := tables.sink(func(ref org.AccessRef) error { used[ref.Set] = true; return nil })
	if err := source.EachAccessRef(ctx, job.Scope, job.query(), job.Settings, sink); err != nil {
		return 0, err
	}
	names := tables.permissions(used)
	if err := t.begin(concat(permissionMatrixColumns, columns(Text, names...))); err != nil {
		return 0, err
	}
	r, count, cells := row{t: t}, 0, setCells{t: t, names: names, sets: tables.sets, made: map[int64][]byte{}}
	sink = newMatrixTables().sink(func(ref org.AccessRef) error {
		store := tables.stores[ref.Store]
		r.begin()
		r.text(store.Hash)
		r.text(store.Name)
		r.text(tables.users[ref.User])
		r.text(tables.people[ref.Person])
		r.copy(cells.of(ref.Set), len(names))
		count++
		return r.end()
	})
	if err := source.EachAccessRef(ctx, job.Scope, job.query(), job.Settings, sink); err != nil {
		return count, err
	}
	return count, t.end(r.b)
}

// permissions lists the names that the used sets hold, sorted.
func (m *matrixTables) permissions(used map[int64]bool) []string {
	names := map[string]bool{}
	for id := range used {
		for _, name := range m.sets[id] {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// setCells makes the cells of a permission set once. Rights that were not read are unknown in every column.
type setCells struct {
	t     table
	names []string
	sets  map[int64]org.PermissionSet
	made  map[int64][]byte
}

func (s setCells) of(id int64) []byte {
	if cells, ok := s.made[id]; ok {
		return cells
	}
	set := s.sets[id]
	r := row{t: s.t, col: len(permissionMatrixColumns)}
	for _, name := range s.names {
		switch {
		case id == 0:
			r.text(unknown)
		case set.Has(name):
			r.text(held)
		default:
			r.text("")
		}
	}
	s.made[id] = r.b
	return r.b
}

// matrixCell is the role of a user in the store of a column.
type matrixCell struct {
	column int32
	role   org.Role
}

// writeMatrix keeps one small cell per access in memory, as accesses come store by store and rows are users.
func writeMatrix(ctx context.Context, source Source, job Job, t table) (int, error) {
	stores, err := matrixStores(ctx, source, job)
	if err != nil {
		return 0, err
	}
	cells, err := matrixCells(ctx, source, job, stores)
	if err != nil {
		return 0, err
	}
	cols := slices.Clone(matrixColumns)
	empty := make([]string, len(stores)) // what a user without an access has in each column
	for i, store := range stores {
		cols = append(cols, Column{Name: store.Hash})
		if read := store.Facet(org.FacetAccesses); neverRead(read) || read.Partial {
			empty[i] = unknown // an access may be there that no read has shown
		}
	}
	each := func(row func(org.UserRow) error) error {
		return source.EachUser(ctx, job.Scope, job.query(), job.Settings, row)
	}
	line := slices.Clone(empty)
	return writeRows(t, cols, each, func(r *row, u org.UserRow) {
		copy(line, empty)
		for _, cell := range cells[u.ID] {
			line[cell.column] = cell.role.String()
		}
		r.text(u.APIID)
		r.text(u.Email)
		for _, text := range line {
			r.text(text)
		}
	})
}

// matrixStores are the stores of the columns, by hash: all of the scope, or those that the query names.
func matrixStores(ctx context.Context, source Source, job Job) ([]org.Store, error) {
	var stores []org.Store
	err := source.EachStore(ctx, job.Scope, job.storeQuery(), job.Settings, func(s org.Store) error {
		if s.GoneAt.IsZero() {
			stores = append(stores, s)
		}
		return nil
	})
	slices.SortFunc(stores, func(a, b org.Store) int { return cmp.Compare(a.Hash, b.Hash) })
	return stores, err
}

func matrixCells(ctx context.Context, source Source, job Job, stores []org.Store) (map[org.UserID][]matrixCell, error) {
	column := map[org.StoreID]int32{}
	for i, store := range stores {
		column[store.ID] = int32(i)
	}
	tables, cells := newMatrixTables(), map[org.UserID][]matrixCell{}
	q := job.query()
	q.Sort, q.Desc = "", false
	err := source.EachAccessRef(ctx, job.Scope, q, job.Settings, tables.sink(func(ref org.AccessRef) error {
		if at, ok := column[ref.Store]; ok {
			cells[ref.User] = append(cells[ref.User], matrixCell{at, tables.roles[ref.Set]})
		}
		return nil
	}))
	return cells, err
}
