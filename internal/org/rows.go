package org

import "time"

// Store is a store with what the lists show of it.
type Store struct {
	ID         StoreID
	APIID      string
	Hash       string
	Name       string
	Labels     []string
	FirstSeen  time.Time
	GoneAt     time.Time // when it was found to be gone; zero while it is there
	Facets     []FacetRead
	Accesses   int // accesses as of the snapshot shown
	Privileged int // of these, privileged
	Owners     int // of these, owner-like
	Inactive   int // of these, inactive by the threshold
	Never      int // of these, never signed in
	Unseen     int // of these, not seen by the last read but not proven gone
	Changes30  int // changes in the 30 days before the snapshot
}

// Facet finds the outcome of one facet; the zero FacetRead with FacetPending when there is none.
func (s Store) Facet(f Facet) FacetRead {
	for _, read := range s.Facets {
		if read.Facet == f {
			return read
		}
	}
	return FacetRead{Facet: f, State: FacetPending, Expected: -1}
}

// UserRow is a user as the list shows it: identity and a summary over the accesses that match the query's scope.
type UserRow struct {
	ID UserID
	Identity
	InAccount  Tri
	StoreCount int
	Stores     []string // names of the first stores, for display
	Hashes     []string // hashes of all stores; filled for exports only
	Highest    Role     // of the accesses whose rights were read
	Unread     bool     // the rights of an access were not read, so there may be more; filled for exports only
	Privileged bool
	Sensitive  bool
	LastLogin  Moment // latest over all accesses
	Login      LoginState
	FirstSeen  time.Time
}

// AccessRow is one user in one store as lists and exports show it.
type AccessRow struct {
	User  UserID
	Store StoreID
	StoreUser
	StoreHash, StoreName, StoreAPIID string
	Role                             Role
	Apps                             []App
	AppsMore                         bool
	AppsState                        FacetState
	Login                            LoginState
	FirstSeen                        time.Time
	ReadAt                           time.Time // when the store was read
	Unseen                           bool      // the last read did not show it, but did not prove its end either
}

// UserPage, StorePage and ChangePage are pages of lists. Next and Prev are keyset cursors, empty at the ends.
type UserPage struct {
	Rows       []UserRow
	Total      int // rows of the whole query
	From       int // position of the first row, counted from 1; 0 when unknown
	Next, Prev string
}

// StorePage is a page of stores.
type StorePage struct {
	Rows       []Store
	Total      int
	From       int
	Next, Prev string
}

// AccessPage is a page of accesses.
type AccessPage struct {
	Rows       []AccessRow
	Total      int
	From       int
	Next, Prev string
}

// ChangeRow is one change with the names that it concerns.
type ChangeRow struct {
	ID             int64
	Snapshot       SnapshotID
	SeenAt         time.Time // when the read that showed it was made
	PreviousReadAt time.Time // the last read before: the change happened in between
	Kind           string    // see audit.Kinds
	Store          StoreID   // 0 when it concerns no store
	StoreHash      string
	StoreName      string
	User           UserID // 0 when it concerns no user
	UserAPIID      string // filled for exports; empty when it concerns no user
	Email          string
	UserName       string
	Field          string
	Before, After  string
	LinkedUser     UserID // same e-mail under another user id, 0 when none
}

// ChangePage is a page of changes, newest first.
type ChangePage struct {
	Rows       []ChangeRow
	Total      int
	From       int
	Next, Prev string
}

// SnapshotPage is a page of snapshots, newest first.
type SnapshotPage struct {
	Rows       []Snapshot
	Total      int
	Next, Prev string
}

// Overview answers "how do we stand" for one snapshot.
type Overview struct {
	Users, Stores, Accesses int
	AccountUsers            FacetRead // the account-level list
	OwnerLike               int       // accesses
	Privileged              int       // users
	Inactive, Never         int       // users
	Changes7, Changes30     int
	Outcome                 Snapshot
	Worst                   []WorstRow
	Failed                  []Store // stores whose accesses are not complete in the snapshot
	Trend                   []TrendPoint
	UnknownPermissions      []string // rights that Rollcall does not know
}

// WorstRow is one thing that deserves a look first.
type WorstRow struct {
	User   UserRow
	Reason string
}

// TrendPoint is one closed snapshot in a chart.
type TrendPoint struct {
	Snapshot                              SnapshotID
	At                                    time.Time
	Users, Accesses, Privileged, Inactive int
}

// PermissionRow tells how many hold a permission.
type PermissionRow struct {
	Name     string
	Area     string
	Accesses int
	Users    int
	Stores   int
}

// Matrix is a window of users by stores.
type Matrix struct {
	Users      []UserRow
	Stores     []Store
	Cells      map[UserID]map[StoreID]MatrixCell
	UsersTotal int
	Next, Prev string // of users
	StoresFrom int    // offset of the first store in the list of stores
	StoresAll  int
}

// MatrixCell is one user in one store.
type MatrixCell struct {
	Role       Role
	Privileged bool
	Login      LoginState
}

// UserDetail is one user with every access.
type UserDetail struct {
	UserRow
	Accesses []AccessRow
	Timeline []ChangeRow
	SameMail []UserRow // other users with the same e-mail
}

// StoreDetail is one store with its completeness and what changed lately.
type StoreDetail struct {
	Store
	Timeline []ChangeRow
}

// FilterChoices are the values that filters can offer.
type FilterChoices struct {
	Stores      []Choice // value: hash
	Labels      []Choice
	Domains     []Choice
	Permissions []Choice
	Apps        []Choice // value: app API id
	Statuses    []Choice
	Users       []Choice // value: local number; only those that the query names
}

// Choice is one value of a filter with how often it occurs.
type Choice struct {
	Value, Label string
	Count        int
}

// Compare is what differs between two snapshots.
type Compare struct {
	From, To Snapshot
	Changes  ChangePage
	Counts   map[string]int // changes by kind
}

// ExportFile is an export that was made and can be fetched again.
type ExportFile struct {
	ID       int64
	Account  AccountID
	Kind     string
	Format   string
	Name     string
	Made     time.Time
	By       string
	Rows     int
	Bytes    int64
	SHA256   string
	Manifest []byte
}

// ExportPage is a page of made files, newest first.
type ExportPage struct {
	Rows       []ExportFile
	Total      int
	From       int
	Next, Prev string
}

// KeptAs is the name of the file in the folder of exports: its hash, so that equal files are kept once.
func (f ExportFile) KeptAs() string { return f.SHA256 + "." + f.Format }

// Hits are what a search over everything found first, and how much there is.
type Hits struct {
	Users       []UserRow
	UsersTotal  int
	Stores      []Store
	StoresTotal int
}
