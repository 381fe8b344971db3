package sandbox

import (
	"sort"
	"time"
)

// Rights for scripted edits: the documented example users.
var (
	OwnerRights = presets.owner
	AdminRights = presets.admin
	StaffRights = presets.staff
)

// AddStore opens a store without users and gives its hash.
func (w *World) AddStore(name string) (hash string) { return w.addStore(name).hash }

// RemoveStore closes a store with all its accesses.
func (w *World) RemoveStore(hash string) { w.removeStore(w.mustStore(hash)) }

// RenameStore gives a store another name.
func (w *World) RenameStore(hash, name string) { w.renameStore(w.mustStore(hash), name) }

// FailStore makes a store fail whenever it is read, or heals it.
func (w *World) FailStore(hash string, failing bool) { w.mustStore(hash).failing = failing }

// AddUser puts a new person into the account's list, without any store, and gives the API id.
func (w *World) AddUser(first, last, email string) (id string) {
	return w.addPerson(first, last, email, "en").id
}

// RemoveUser takes a person out of every store and of the account.
func (w *World) RemoveUser(user string) { w.dropPerson(w.mustPerson(user)) }

// Unlist takes a person out of the account's own list; the stores stay. Relisting puts the person back.
func (w *World) Unlist(user string, unlisted bool) {
	w.mustPerson(user).inAccount = !unlisted
	w.listed = nil
}

// Rehire replaces a person by one with the same address, stores and rights and a new id, which it gives.
func (w *World) Rehire(user string) (id string) { return w.rehire(w.mustPerson(user)).id }

// AddUserToStore grants access with just the permissions given.
func (w *World) AddUserToStore(hash, user string, permissions ...string) {
	w.grant(w.mustStore(hash), w.mustPerson(user), w.sets.raw(permissions))
}

// RemoveUserFromStore ends one access.
func (w *World) RemoveUserFromStore(hash, user string) { w.revoke(w.mustAccess(hash, user)) }

// SetPermissions replaces the list of one access; it is served as given, duplicates and all.
func (w *World) SetPermissions(hash, user string, permissions ...string) {
	w.setPermissions(w.mustAccess(hash, user), w.sets.raw(permissions))
}

// SetStatus makes one access active or inactive.
func (w *World) SetStatus(hash, user string, active bool) {
	w.setInactive(w.mustAccess(hash, user), !active)
}

// SetEmail changes the address of a person.
func (w *World) SetEmail(user, email string) { w.setEmail(w.mustPerson(user), email) }

// SetName changes the name of a person.
func (w *World) SetName(user, first, last string) { w.setName(w.mustPerson(user), first, last) }

// SetLastLogin sets the last sign-in of one access; the zero time is never.
func (w *World) SetLastLogin(hash, user string, at time.Time) {
	a := w.mustAccess(hash, user)
	if a.lastLogin = 0; !at.IsZero() {
		a.lastLogin = at.Unix()
	}
}

// ToggleApp gives a user of a store the named app, or takes it away.
func (w *World) ToggleApp(hash, user, name string) {
	w.toggleApp(w.mustAccess(hash, user), w.mustApp(name))
}

// ToggleStoreApp installs the named app in a store, or removes it.
func (w *World) ToggleStoreApp(hash, name string) {
	s, chosen := w.mustStore(hash), w.mustApp(name)
	if hasApp(s.apps, chosen) {
		s.apps = dropApp(s.apps, chosen)
		w.record(Change{Kind: StoreAppLost, StoreHash: hash, Before: name})
		return
	}
	s.apps = insertApp(s.apps, chosen)
	w.record(Change{Kind: StoreAppGained, StoreHash: hash, After: name})
}

// mustApp gives the app of that name, which comes into being when it is new.
func (w *World) mustApp(name string) *app {
	for _, a := range w.apps {
		if a.name == name {
			return a
		}
	}
	num := w.apps[len(w.apps)-1].num + 11
	a := &app{num: num, id: "bc/account/app/" + itoa(num), name: name}
	w.apps = append(w.apps, a)
	return a
}

// Hashes lists the stores in the order in which the API lists them.
func (w *World) Hashes() []string {
	hashes := make([]string, len(w.stores))
	for i, s := range w.stores {
		hashes[i] = s.hash
	}
	return hashes
}

// Emails lists the users of a store in the order in which the API lists them.
func (w *World) Emails(hash string) []string {
	var emails []string
	for _, a := range w.mustStore(hash).accesses {
		emails = append(emails, a.person.email)
	}
	return emails
}

// Largest gives the hash of the store with the most users.
func (w *World) Largest() string {
	sorted := append([]*store(nil), w.stores...)
	sort.SliceStable(sorted, func(i, j int) bool { return len(sorted[i].accesses) > len(sorted[j].accesses) })
	if len(sorted) == 0 {
		return ""
	}
	return sorted[0].hash
}
