package org

import "time"

// ListKind says what a list at the Account API holds.
type ListKind string

// Lists that a sync reads.
const (
	ListStores       ListKind = "stores"        // the stores of the account
	ListAccesses     ListKind = "accesses"      // the users of one store, with rights
	ListAccountUsers ListKind = "account_users" // the users of the account, identity only
	ListStoreApps    ListKind = "store_apps"    // the apps of one store
	ListUserApps     ListKind = "user_apps"     // the users of one store again, with the apps each may open

	ListSubscriptions ListKind = "subscriptions" // what the account pays for apps
)

// List names one list. Store is the store's API id, empty for lists of the account.
type List struct {
	Kind  ListKind
	Store string
}

// Want is the next page of a list that a sync still needs. The planner turns many wants into one request.
type Want struct {
	List  List
	After string // cursor; empty for the first page
	Left  int    // items believed to remain, the repeated one at a seam included; -1 when nobody knows
	Tries int    // how often this very page was asked for in vain
}

// Page is one page of a list as it came. Exactly one of the item slices is used, by the list's kind.
type Page struct {
	List    List
	After   string // the cursor it was asked with
	First   int    // the page size it was asked with
	Total   int    // items in the whole list by the API; -1 when not given
	HasNext bool
	Cursors []string // one for each item
	End     string   `json:",omitempty"` // the cursor that the API names for going on; of use after a page without items

	Stores   []RemoteStore `json:",omitempty"`
	Users    []StoreUser   `json:",omitempty"`
	People   []Identity    `json:",omitempty"`
	Apps     []App         `json:",omitempty"`
	UserApps []UserApps    `json:",omitempty"`

	Subscriptions []Subscription `json:",omitempty"`

	At        time.Time `json:",omitzero"` // when it arrived; the sync fills it in
	NullEdges int       // entries that failed at the API: the list is incomplete
	NoEdges   bool      // the edge list itself was null: not the same as empty (facts 1.11)
	Problem   string    // why this page could not be read, in plain words; items are then worthless
	Kind      Kind      // of the problem: KindScope (denied), KindNotFound (store not returned), KindBroken (another store came), …
}

// Len is the number of items that came.
func (p Page) Len() int {
	return len(p.Stores) + len(p.Users) + len(p.People) + len(p.Apps) + len(p.UserApps) + len(p.Subscriptions)
}

// ItemID is the API id of item i.
func (p Page) ItemID(i int) string {
	switch {
	case len(p.Stores) > 0:
		return p.Stores[i].APIID
	case len(p.Users) > 0:
		return p.Users[i].APIID
	case len(p.People) > 0:
		return p.People[i].APIID
	case len(p.Apps) > 0:
		return p.Apps[i].APIID
	case len(p.Subscriptions) > 0:
		return p.Subscriptions[i].APIID
	}
	return p.UserApps[i].User
}

// RemoteStore is a store as the Account API returns it (facts 1.3).
type RemoteStore struct {
	APIID string // opaque; only passed back as it came
	Hash  string // joins with everything else
	Name  string
}

// UserApps are the apps that one user may open in one store.
type UserApps struct {
	User string // API id
	Apps []App
	More bool // there are more than were asked for
}

// Reading is what one request brought. Requests counts what was spent, also when the request failed.
type Reading struct {
	AccountID   string
	AccountName string
	Pages       []Page
	Asked       []List    // the lists that the request asked for; tells after a failure what was in it
	Requests    int       // sent to the API, refused and failed ones included
	Repeated    int       // of these, repeats after a fault
	ReadAt      time.Time // when the answer arrived
}

// Absence says what a read of a store proves about users that it did not contain (design 4.4).
type Absence uint8

const (
	// AbsenceNone proves nothing: the read has gaps.
	AbsenceNone Absence = iota
	// AbsenceLikely: read to the end without proof; ends an access only when the previous complete read lacked it too.
	AbsenceLikely
	// AbsenceProven ends the access.
	AbsenceProven
)

// StoreRead is the finished read of one facet of one store, ready to become history.
type StoreRead struct {
	Store    RemoteStore
	Users    []StoreUser // distinct
	Absence  Absence
	Read     FacetRead
	UserApps []UserApps // for FacetUserApps
	Apps     []App      // for FacetApps
}

// AccountRead is the finished read of a list of the account.
type AccountRead struct {
	Read    FacetRead
	Absence Absence
	People  []Identity    // for FacetAccountUsers
	Stores  []RemoteStore // for FacetStores

	Subscriptions []Subscription // for FacetSubscriptions
}

// KnownStore is what history holds of a store when a sync begins.
type KnownStore struct {
	RemoteStore
	Accesses int  // open accesses by the newest snapshot; -1 when never read completely
	Apps     int  // apps of the store; -1 when never read
	Read     bool // its accesses were read completely once: a partial read must not replace them
	Missing  bool // the newest complete store list lacked it
	TotalOff bool // the last total of its users did not match those found: one that matches now proves nothing
}

// Run is an open sync: a new one or one to be continued.
type Run struct {
	Snapshot     Snapshot
	Resumed      bool
	State        []byte // what the sync saved last; nil for a new run
	Staged       []Page // pages of lists that are not finished, oldest first
	Known        []KnownStore
	AccountUsers int // by the last complete read; -1 when never read

	Subscriptions int // by the last complete read; -1 when never read
}

// Step is everything that one request changed; it is saved in one transaction.
type Step struct {
	State        []byte // where the sync stands now
	Stage        []Page
	Unstage      []List // finished or restarted lists; their staged pages go, before Stage is added
	StoreList    *AccountRead
	AccountUsers *AccountRead
	Subscribed   *AccountRead
	Stores       []StoreRead // finished facets of stores, AccountName applied before
	AccountName  string      // empty: unchanged
	Progress     Progress
}

// Progress is where a sync stands, readable by every process (design 4.8).
type Progress struct {
	Account      AccountID
	Snapshot     SnapshotID
	Started      time.Time
	StoresDone   int
	StoresFailed int
	StoresAll    int // 0 while the store list is not complete
	StoresLost   int // entries of the store list that failed and belong to no store that is known
	Accesses     int
	Requests     int
	Repeated     int
	Waited       time.Duration
	WaitUntil    time.Time // zero when not waiting
	WaitReason   string
	Phase        string    // what is being read, in plain words
	EstimatedEnd time.Time // zero when nobody can know
	Cancelling   bool
	Rest         bool // the accesses are done: what runs reads apps and the account's own list (see refresh.Options)

	Sweep        SnapshotID // registered tokens that were tried in this snapshot or later are done; 0: none are read
	TokensDone   int        // tried, those that failed included; counted from the register when asked for
	TokensFailed int
	TokensAll    int
}
