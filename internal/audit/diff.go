package audit

import (
	"strings"

	"rollcall/internal/org"
)

// AccessDiff is what a finished read of a store means for the accesses that history holds of it.
type AccessDiff struct {
	Put     []org.StoreUser // new or changed versions; what was not read is filled with what was known
	Logins  []org.StoreUser // new or changed sign-in or update times, filled the same way
	End     []org.StoreUser // proven to have ended, as last known
	Unseen  []org.StoreUser // not seen for the first time, unproven: still counted as there
	Changes []Change
}

// DiffAccesses compares the accesses held of a store with a read of it (design 3 and 4.4). baseline says that nothing
// was read completely before, so differences are no changes; otherwise a partial read only shows who is still there.
func DiffAccesses(held []Held, read org.StoreRead, baseline bool) AccessDiff {
	var d AccessDiff
	if !usable(read.Read.State) {
		return d
	}
	before := make(map[string]Held, len(held))
	for _, h := range held {
		before[h.APIID] = h
	}
	whole := read.Read.State == org.FacetComplete
	shown := make(map[string]bool, len(read.Users))
	for _, u := range read.Users {
		if shown[u.APIID] {
			continue
		}
		shown[u.APIID] = true
		h, known := before[u.APIID]
		switch {
		case !whole && !baseline:
			if known && h.Unseen {
				d.Put = append(d.Put, h.StoreUser)
			}
		case known:
			d.compare(h, u)
		default:
			d.add(u)
		}
	}
	for _, h := range held {
		if whole && !shown[h.APIID] {
			d.miss(h, read.Absence)
		}
	}
	if baseline {
		d.Changes = nil
	}
	return d
}

func usable(state org.FacetState) bool {
	return state == org.FacetComplete || state == org.FacetIncomplete
}

func (d *AccessDiff) add(u org.StoreUser) {
	d.Put = append(d.Put, u)
	if u.LastLogin.Read || u.UpdatedAt.Read {
		d.Logins = append(d.Logins, u)
	}
	d.Changes = append(d.Changes, Change{Kind: AccessAdded, User: u.APIID, Email: u.Email, Field: "role", After: RoleWord(u)})
}

// compare adds what differs between a held access and its new reading.
func (d *AccessDiff) compare(h Held, u org.StoreUser) {
	if !u.RightsRead {
		u.RightsRead, u.Permissions = h.RightsRead, h.Permissions
	}
	if u.StatusUnread {
		u.Status, u.StatusUnread = h.Status, false
	}
	if !u.LastLogin.Read {
		u.LastLogin = h.LastLogin
	}
	if !u.UpdatedAt.Read {
		u.UpdatedAt = h.UpdatedAt
	}
	if !same(u.LastLogin, h.LastLogin) || !same(u.UpdatedAt, h.UpdatedAt) {
		d.Logins = append(d.Logins, u)
	}
	if h.Unseen || u.Identity != h.Identity || u.Status != h.Status || u.RightsRead != h.RightsRead ||
		!u.Permissions.Equal(h.Permissions) {
		d.Put = append(d.Put, u)
		d.Changes = append(d.Changes, accessChanges(h.StoreUser, u)...)
	}
}

// same compares to the second, as history keeps it.
func same(a, b org.Moment) bool { return a.Read == b.Read && a.At.Unix() == b.At.Unix() }

func (d *AccessDiff) miss(h Held, proof org.Absence) {
	switch {
	case proof == org.AbsenceProven, proof == org.AbsenceLikely && h.Unseen:
		d.End = append(d.End, h.StoreUser)
		d.Changes = append(d.Changes, Change{
			Kind: AccessRemoved, User: h.APIID, Email: h.Email, Field: "role", Before: RoleWord(h.StoreUser),
		})
	case proof == org.AbsenceLikely:
		d.Unseen = append(d.Unseen, h.StoreUser)
	}
}

// RoleWord is the derived role of an access in words, unknown when its rights were not read.
func RoleWord(u org.StoreUser) string {
	if !u.RightsRead {
		return org.RoleUnknown.String()
	}
	return org.RoleOf(u.Permissions).String()
}

// DiffIdentity finds the changes of a user's names and e-mail. They belong to the user, not to an access, so each is
// written once although every store shows it. Another spelling of the same e-mail or another locale is none.
func DiffIdentity(before, after org.Identity) []Change {
	var list []Change
	if org.FoldEmail(before.Email) != org.FoldEmail(after.Email) {
		list = append(list, Change{Kind: EmailChanged, Field: "email", Before: before.Email, After: after.Email})
	}
	if was, is := fullName(before), fullName(after); was != is {
		list = append(list, Change{Kind: UserRenamed, Field: "name", Before: was, After: is})
	}
	for i := range list {
		list[i].User, list[i].Email = after.APIID, after.Email
	}
	return list
}

func fullName(i org.Identity) string {
	return strings.TrimSpace(strings.TrimSpace(i.FirstName) + " " + strings.TrimSpace(i.LastName))
}

// accessChanges are the changes of status and rights. Rights that are read for the first time are no gain.
func accessChanges(before, after org.StoreUser) []Change {
	var list []Change
	if before.Status != after.Status {
		list = append(list, Change{
			Kind: StatusChanged, Field: "status", Before: before.Status.Text(), After: after.Status.Text(),
		})
	}
	if before.RightsRead && after.RightsRead {
		if gained := after.Permissions.Minus(before.Permissions); len(gained) > 0 {
			list = append(list, Change{Kind: RightsGained, Field: "permissions", After: JoinList(gained)})
		}
		if lost := before.Permissions.Minus(after.Permissions); len(lost) > 0 {
			list = append(list, Change{Kind: RightsLost, Field: "permissions", Before: JoinList(lost)})
		}
	}
	for i := range list {
		list[i].User, list[i].Email = after.APIID, after.Email
	}
	return list
}

var escapeItem = strings.NewReplacer(`\`, `\\`, `;`, `\;`)

// JoinList writes a list into one cell: sorted as given, joined by ; with ; and \ inside items escaped (design 6).
func JoinList(items []string) string {
	escaped := make([]string, len(items))
	for i, item := range items {
		escaped[i] = escapeItem.Replace(item)
	}
	return strings.Join(escaped, ";")
}

// HeldPerson is a member of the account-level user list as history holds it.
type HeldPerson struct {
	org.Identity
	Unseen bool
}

// PeopleDiff is what a finished read of the account-level user list means. Joining or leaving the list is no change
// of who may do what.
type PeopleDiff struct {
	Put    []org.Identity
	End    []org.Identity
	Unseen []org.Identity
}

// DiffPeople compares the account-level list as held with a read of it, by the rules of DiffAccesses.
func DiffPeople(held []HeldPerson, read org.AccountRead, baseline bool) PeopleDiff {
	accesses := make([]Held, len(held))
	for i, h := range held {
		accesses[i] = Held{StoreUser: org.StoreUser{Identity: h.Identity}, Unseen: h.Unseen}
	}
	users := make([]org.StoreUser, len(read.People))
	for i, p := range read.People {
		users[i].Identity = p
	}
	d := DiffAccesses(accesses, org.StoreRead{Users: users, Absence: read.Absence, Read: read.Read}, baseline)
	return PeopleDiff{Put: identities(d.Put), End: identities(d.End), Unseen: identities(d.Unseen)}
}

func identities(users []org.StoreUser) []org.Identity {
	list := make([]org.Identity, len(users))
	for i, u := range users {
		list[i] = u.Identity
	}
	return list
}
