package export

import (
	"context"

	"rollcall/internal/org"
)

func writeStores(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.Store) error) error {
		return source.EachStore(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, storeColumns, each, func(r *row, s org.Store) {
		read := s.Facet(org.FacetAccesses)
		r.text(job.Account.UUID)
		r.text(job.account().Name)
		r.text(s.Hash)
		r.text(s.Name)
		r.text(s.APIID)
		r.list(s.Labels)
		r.time(s.FirstSeen)
		r.time(s.GoneAt)
		storeCounts(r, s, neverRead(read))
		r.text(string(read.State))
		r.known(read.Expected, read.Expected >= 0)
		r.known(read.Received, read.State != org.FacetPending)
		r.time(read.ReadAt)
		r.text(string(s.Facet(org.FacetUserApps).State))
		r.text(read.Error)
		r.number(int64(job.Snapshot.ID))
	})
}

// storeCounts writes what was counted; a store that was never read has no counts, not zero.
func storeCounts(r *row, s org.Store, unread bool) {
	for _, n := range []int{s.Accesses, s.Privileged, s.Owners, s.Inactive, s.Never, s.Unseen, s.Changes30} {
		r.known(n, !unread)
	}
}

// known writes a count, or an empty cell when nobody knows it.
func (r *row) known(n int, ok bool) {
	if !ok {
		r.blank()
		return
	}
	r.count(n)
}

// neverRead tells that nothing is known of a store's accesses, not even from an earlier read.
func neverRead(read org.FacetRead) bool {
	return read.ReadAt.IsZero() && read.State != org.FacetComplete && read.Received <= 0
}
