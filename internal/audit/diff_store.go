package audit

import "rollcall/internal/org"

// HeldStore is a store as history holds it.
type HeldStore struct {
	org.RemoteStore
	Missing bool // the last complete list lacked it
	Gone    bool // it was found to be gone
}

// StoreDiff is what a finished read of the store list means.
type StoreDiff struct {
	Put     []org.RemoteStore // new, back again, renamed, or with another API id
	Seen    []org.RemoteStore // were missing and are there
	Missing []org.RemoteStore // missing for the first time: still counted as there
	Gone    []org.RemoteStore // two complete lists lack them; their accesses end
	Changes []Change
}

// DiffStores compares the stores held with a read of the store list. Stores are the same when their hashes are. A
// partial list proves the stores that it shows and says nothing about others (design 4.4).
func DiffStores(held []HeldStore, read org.AccountRead, baseline bool) StoreDiff {
	var d StoreDiff
	if !usable(read.Read.State) {
		return d
	}
	before := make(map[string]HeldStore, len(held))
	for _, h := range held {
		before[h.Hash] = h
	}
	shown := make(map[string]bool, len(read.Stores))
	for _, s := range read.Stores {
		if !shown[s.Hash] {
			shown[s.Hash] = true
			h, known := before[s.Hash]
			d.show(h, known, s)
		}
	}
	for _, h := range held {
		proof := read.Read.State == org.FacetComplete && read.Absence != org.AbsenceNone
		if proof && !shown[h.Hash] && !h.Gone {
			d.miss(h)
		}
	}
	if baseline {
		d.Changes = nil
	}
	return d
}

func (d *StoreDiff) show(h HeldStore, known bool, s org.RemoteStore) {
	if !known || h.Gone {
		d.Put = append(d.Put, s)
		d.Changes = append(d.Changes, Change{Kind: StoreAdded, Store: s.Hash, Field: "store", After: s.Name})
		return
	}
	if h.Missing {
		d.Seen = append(d.Seen, s)
	}
	if h.RemoteStore != s {
		d.Put = append(d.Put, s)
	}
	if h.Name != s.Name {
		d.Changes = append(d.Changes, Change{Kind: StoreRenamed, Store: s.Hash, Field: "name", Before: h.Name, After: s.Name})
	}
}

func (d *StoreDiff) miss(h HeldStore) {
	if !h.Missing {
		d.Missing = append(d.Missing, h.RemoteStore)
		return
	}
	d.Gone = append(d.Gone, h.RemoteStore)
	d.Changes = append(d.Changes, Change{Kind: StoreGone, Store: h.Hash, Field: "store", Before: h.Name})
}
