package org

// AccessRef is an access as numbers: what they point to was handed out before the first one (see AccessSink).
// Long lists are read this way, because names, e-mails and permission lists then travel once and not per row.
type AccessRef struct {
	Store     StoreID
	User      UserID
	Person    int64  // names and e-mail
	Set       int64  // permission set; 0: permissions were not read
	Apps      int64  // app set; 0: apps were not read (who has none points to an empty set)
	Status    Status // as given; empty when not provided
	LastLogin int64  // unix seconds; 0: never; -1: not read
	Updated   int64  // unix seconds; 0: null at BigCommerce; -1: not read
	FirstSeen int64  // unix seconds
	Unseen    bool   // the last read did not show it, but did not prove its end either
}

// AccessSink receives a long list of accesses: first every store, user, person, permission set and app set that its
// rows may point to, each once, then the rows. Only Row can stop the reading.
type AccessSink struct {
	Store  func(Store) // hash, name, API id and facets; counts may be missing
	User   func(id UserID, apiID string)
	Person func(id int64, who Identity) // without the API id
	Set    func(id int64, set PermissionSet, role Role, privileged bool)
	Apps   func(id int64, apps []App, more bool)
	Row    func(AccessRef) error
}
