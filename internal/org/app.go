package org

import "time"

// AppID is the local number of an app.
type AppID int64

// Places of an app, as filters name them.
const (
	AppEverywhere = "every-store" // on every store whose apps are known
	AppSomewhere  = "some-stores" // on some of them
	AppNowhere    = "no-store"    // on none of them
)

// AppRow is an app with what is known of where it is and who may open it.
type AppRow struct {
	ID AppID
	App
	Stores    int       // stores that have it
	Known     int       // stores whose apps are known to the last, so that they have it or have it not
	Unknown   int       // stores of which nobody knows whether they have it
	Users     int       // who may open it somewhere
	Accesses  int       // users in stores who may open it
	UsersRead Tri       // in the stores that have it or may have it: Yes, the apps of all users were read; No, of some; Unknown, of none
	FirstSeen time.Time // when it was first seen anywhere
	Changed   time.Time // newest change of who has it or may open it; zero: none was seen
	Hashes    []string  // stores that have it; filled for exports only
	Doubtful  []string  // stores of which nobody knows; filled for exports only
}

// Place tells on how many of the known stores an app is.
func (a AppRow) Place() string {
	switch {
	case a.Stores == 0:
		return AppNowhere
	case a.Stores >= a.Known && a.Unknown == 0:
		return AppEverywhere
	}
	return AppSomewhere
}

// AppPage is a page of apps. Known and Unknown count the stores by whether their apps are known.
type AppPage struct {
	Rows           []AppRow
	Total          int
	From           int
	Next, Prev     string
	Known, Unknown int
	Accesses       int    // of the stores
	AccessesUnread int    // of these, how many have apps that were never read
	Cut            int    // of these, how many have more apps than were asked for
	Denied         string // why the token may not read the apps of stores; empty when it may
}

// AppStore is one store as the page of an app shows it.
type AppStore struct {
	Store
	Has       Tri       // Unknown: the apps of the store are not known, or not all
	Users     int       // who may open the app there
	UsersRead Tri       // of the accesses of the store, see AppRow
	Names     []string  // of the first of these
	Read      FacetRead // of the store's apps
	Since     time.Time // when the read that showed it first was made; zero: it was there from the beginning, or is not there
}

// AppStorePage is a page of stores under an app.
type AppStorePage struct {
	Rows       []AppStore
	Total      int
	From       int
	Next, Prev string
}

// AppDetail is one app with the stores and its newest changes.
type AppDetail struct {
	AppRow
	List     AppStorePage
	With     int // stores by whether they have it
	Without  int
	Timeline []ChangeRow
	Billed   []SubscriptionRow // subscriptions for it
}

// AppMatrix is a window of apps by stores.
type AppMatrix struct {
	Apps       []AppRow
	Stores     []Store
	Cells      map[AppID]map[StoreID]AppCell
	AppsTotal  int
	Next, Prev string // of apps
	StoresFrom int    // offset of the first store in the list of stores
	StoresAll  int
}

// AppCell is one app in one store.
type AppCell struct {
	Has       Tri
	Users     int
	UsersRead Tri // of the accesses of that store, see AppRow
}
