package org

import "time"

// SnapshotState speaks of accesses only (design 3).
type SnapshotState string

// Snapshot states.
const (
	Running  SnapshotState = "running"
	Complete SnapshotState = "complete"
	Partial  SnapshotState = "partial"
)

// Snapshot is one numbered state of an account.
type Snapshot struct {
	ID           SnapshotID
	Account      AccountID
	Started      time.Time
	Finished     time.Time // zero while running
	State        SnapshotState
	Reason       string // why it is partial, in plain words
	Requests     int    // account requests spent
	Repeated     int    // of these, repeats after faults
	Stores       int    // stores in the account
	StoresFailed int    // stores whose accesses could not be read to the end
	Accesses     int
	Users        int
	Changes      int
	ReadFrom     time.Time // oldest and newest read of the stores' accesses that this snapshot shows
	ReadTo       time.Time
	AccountName  string // the account's name as of the snapshot; empty when none was read until then
}

// Closed tells whether pages may show the snapshot.
func (s Snapshot) Closed() bool { return s.State == Complete || s.State == Partial }

// Facet is one kind of data of a store; each has its own completeness.
type Facet string

// Facets (design 3).
const (
	FacetAccesses Facet = "accesses"
	FacetUserApps Facet = "user_apps"
	FacetApps     Facet = "store_apps"
	// FacetWebhooks is what the registered tokens of a store show of webhooks, verification included.
	FacetWebhooks Facet = "webhooks"
	// FacetSubscriptions is the account's list of app subscriptions.
	FacetSubscriptions Facet = "subscriptions"
	// FacetAccountUsers is the account-level list; it belongs to no store.
	FacetAccountUsers Facet = "account_users"
	// FacetStores is the store list itself; it belongs to no store.
	FacetStores Facet = "stores"
)

// FacetState tells how well a facet is known.
type FacetState string

// Facet states.
const (
	FacetComplete   FacetState = "complete"
	FacetIncomplete FacetState = "incomplete" // read in part; the last complete data still counts
	FacetFailed     FacetState = "failed"     // not read; the last data still counts
	FacetDenied     FacetState = "denied"     // the token lacks the scope
	FacetPending    FacetState = "pending"    // not read yet in this snapshot
)

// FacetRead is the outcome of reading one facet of one store (or of the account) in one snapshot.
type FacetRead struct {
	Facet    Facet
	State    FacetState
	Expected int       // items by the API's total; -1 when no total was given
	Received int       // distinct items
	ReadAt   time.Time // when the data shown was read, of a long list its first page: nothing in it is older; zero when never
	ReadTo   time.Time // when the last page was read; zero when all came at once. Not shown per facet
	Error    string    // plain words, empty when fine
	Partial  bool      // something is shown, but no read ever came to its end: what is not shown is unknown
}
