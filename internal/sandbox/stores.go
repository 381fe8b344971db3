package sandbox

import (
	"errors"
	"sort"
	"strconv"
	"strings"
)

type storeFilter struct {
	IDs         *[]id
	StoreHashes *[]string
}

type storesArgs struct {
	Filter        *storeFilter
	Before, After *string
	First, Last   *int32
}

type storeConnection[U any] struct {
	PageInfo pageInfo
	Edges    *[]*storeEdge[U]
}

type storeEdge[U any] struct {
	Node   *storeNode[U]
	Cursor string
}

func (a *accountNode[U]) Stores(args storesArgs) (*storeConnection[U], error) {
	c := a.call
	if err := c.need("account_stores_read"); err != nil {
		return nil, err
	}
	stores, err := c.filtered(args.Filter)
	if err != nil {
		return nil, err
	}
	r := rows{"s", len(stores), func(i int) int64 { return stores[i].num }}
	p, err := c.page(r, pageArgs{args.Before, args.After, args.First, args.Last}, c.cfg.StoresPageCap)
	if err != nil {
		return nil, err
	}
	edges := []*storeEdge[U]{}
	if !p.empty {
		for i := p.lo; i < p.hi; i++ {
			edges = append(edges, &storeEdge[U]{newStoreNode[U](c, stores[i], args.Filter != nil), c.cursor(r, i)})
		}
	}
	c.storesServed.Add(int64(len(edges)))
	return &storeConnection[U]{p.info, edgesOrNull(c, edges, false)}, nil
}

// filtered gives the stores that a filter means, in the order of the list (facts 1.4).
func (c *call) filtered(f *storeFilter) ([]*store, error) {
	if f == nil || f.IDs == nil && f.StoreHashes == nil {
		return c.world.stores, nil
	}
	var ids *[]string
	if f.IDs != nil {
		list := make([]string, len(*f.IDs))
		for i, one := range *f.IDs {
			list[i] = string(one)
		}
		ids = &list
	}
	byID, err := c.storesOf(ids, c.storeWithID)
	if err != nil {
		return nil, err
	}
	byHash, err := c.storesOf(f.StoreHashes, func(hash string) *store { return c.world.byHash[hash] })
	if err != nil {
		return nil, err
	}
	var out []*store
	for _, s := range c.world.stores {
		inIDs, inHashes := byID[s], byHash[s]
		switch {
		case f.IDs == nil && inHashes, f.StoreHashes == nil && inIDs, inIDs && inHashes,
			c.cfg.FilterBoth == "or" && (inIDs || inHashes):
			out = append(out, s)
		}
	}
	return out, nil
}

func (c *call) storesOf(wanted *[]string, find func(string) *store) (map[*store]bool, error) {
	if wanted == nil {
		return nil, nil
	}
	found := map[*store]bool{}
	for _, one := range *wanted {
		if s := find(one); s != nil {
			found[s] = true
		} else if c.cfg.UnknownStore == "error" {
			return nil, errors.New("Not Found: no store '" + one + "' in this account")
		}
	}
	return found, nil
}

// storeWithID takes IDs as they were given out, and the bare number when IDs are numbers.
func (c *call) storeWithID(text string) *store {
	prefix := "bc/account/store/"
	if !strings.HasPrefix(text, prefix) && !c.cfg.NumericIDs {
		return nil
	}
	num, err := strconv.ParseInt(strings.TrimPrefix(text, prefix), 10, 64)
	i := sort.Search(len(c.world.stores), func(i int) bool { return c.world.stores[i].num >= num })
	if err != nil || i == len(c.world.stores) || c.world.stores[i].num != num {
		return nil
	}
	return c.world.stores[i]
}

type storeNode[U any] struct {
	call      *call
	store     *store
	ID        id
	Name      string
	StoreHash string
}

// newStoreNode is nil for a store that fails, which the engine turns into a null edge and an error.
func newStoreNode[U any](c *call, s *store, filtered bool) *storeNode[U] {
	if s.failing || c.fault.hits(FaultNullStore, s.tag()) {
		return nil
	}
	if filtered && c.fault.hits(FaultForeignStore, s.tag()) {
		s = c.world.stores[(s.index+1)%len(c.world.stores)]
	}
	return &storeNode[U]{c, s, c.id(s.id), s.name, s.hash}
}

// tag names the users of a store in cursors and faults.
func (s *store) tag() string { return "u" + itoa(s.num) }
