package sqlite

import (
	"database/sql"
	"time"

	"rollcall/internal/org"
)

// facetNumber and stateNumber stand for facets and their states in the database.
var (
	facetNumber = map[org.Facet]int{
		org.FacetAccesses: 1, org.FacetUserApps: 2, org.FacetApps: 3, org.FacetAccountUsers: 4, org.FacetStores: 5,
		org.FacetWebhooks: 6, org.FacetSubscriptions: 7,
	}
	stateNumber = map[org.FacetState]int{
		org.FacetComplete: 1, org.FacetIncomplete: 2, org.FacetFailed: 3, org.FacetDenied: 4, org.FacetPending: 5,
	}
)

// facetNow is what history knows of a facet before a read arrives. The zero value was never read.
type facetNow struct {
	baseline sql.NullInt64 // snapshot of the first complete read
	denied   bool
	readAt   time.Time
	readTo   time.Time // when the last part of what is held was read; zero: at once, or not known
	totalOff bool      // the last total that could be judged did not match the items found
}

// ignores tells whether a read is partial while complete data are held: it is not applied (design 4.5).
func (f facetNow) ignores(read org.FacetRead) bool {
	return read.State == org.FacetIncomplete && f.baseline.Valid
}

// first tells whether the read is a baseline, which writes no changes: nothing complete was held, or the facet was
// unreadable until now.
func (f facetNow) first(read org.FacetRead) bool {
	return !f.baseline.Valid || f.denied && read.State == org.FacetComplete
}

var (
	qFacetNow = query(`
		SELECT baseline, readable, read_at, read_to, total_off FROM facet_now WHERE account_id = ? AND store_id = ? AND facet = ?`)
	qSaveFacet = query(`
		INSERT INTO facet_now (account_id, store_id, facet, baseline, readable, tried, state, expected, received, read_at, read_to,
		                       error, total_off)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET baseline = excluded.baseline, readable = excluded.readable, tried = excluded.tried,
			state = excluded.state, expected = excluded.expected, received = excluded.received,
			read_at = excluded.read_at, read_to = excluded.read_to, error = excluded.error, total_off = excluded.total_off`)
)

// facet is the state of a facet before this read; store 0 stands for the account.
func (s *saver) facet(store org.StoreID, facet org.Facet) (facetNow, error) {
	f, err := one(s.ctx, s, func(rows *sql.Rows) (f facetNow, err error) {
		var readable bool
		var at, to sql.NullInt64
		err = rows.Scan(&f.baseline, &readable, &at, &to, &f.totalOff)
		f.denied, f.readAt, f.readTo = !readable, moment(at), moment(to)
		return f, err
	}, qFacetNow, s.snapshot.Account, store, facetNumber[facet])
	if err == errNone {
		err = nil
	}
	return f, err
}

// off judges the total of a read; what cannot be judged leaves the last judgement.
func (f facetNow) off(read org.FacetRead, absence org.Absence) bool {
	switch {
	case read.State != org.FacetComplete || read.Expected < 0:
		return f.totalOff
	case read.Expected != read.Received:
		return true
	}
	return f.totalOff && absence != org.AbsenceProven
}

// saveFacet records the outcome of a read and what it proves of items that it lacked.
func (s *saver) saveFacet(store org.StoreID, f facetNow, read org.FacetRead, absence org.Absence) error {
	f.totalOff = f.off(read, absence)
	switch read.State {
	case org.FacetComplete:
		f.denied, f.readAt, f.readTo = false, read.ReadAt, read.ReadTo
		if !f.baseline.Valid {
			f.baseline = sql.NullInt64{Int64: int64(s.snapshot.ID), Valid: true}
		}
	case org.FacetDenied:
		f.denied = true
	case org.FacetIncomplete:
		if !f.baseline.Valid {
			f.readAt, f.readTo = read.ReadAt, read.ReadTo
		}
	}
	var expected, problem any
	if read.Expected != read.Received {
		expected = read.Expected
	}
	if read.Error != "" {
		problem = read.Error
	}
	return s.exec(qSaveFacet, s.snapshot.Account, store, facetNumber[read.Facet], f.baseline, !f.denied, s.snapshot.ID,
		stateNumber[read.State], expected, read.Received, millis(f.readAt), millis(f.readTo), problem, f.totalOff)
}
