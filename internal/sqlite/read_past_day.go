package sqlite

import (
	"slices"

	"rollcall/internal/org"
)

// storesOn are the stores of a snapshot by id, without their facets.
func (p *past) storesOn(snapshot org.SnapshotID) (list []storeEntry) {
	list = make([]storeEntry, 0, len(p.stores))
	for i := range p.named {
		if n := &p.named[i]; n.from <= int64(snapshot) && n.to > int64(snapshot) {
			list = append(list, n.store)
		}
	}
	return list
}

// usersOn are the users of a snapshot by id, and the last person among them.
func (p *past) usersOn(snapshot org.SnapshotID) (list []userEntry, person int64) {
	day := int32(snapshot)
	list = make([]userEntry, 0, len(p.keys))
	for i := range p.users {
		n := &p.users[i]
		if n.from > day || n.to <= day {
			continue
		}
		key := &p.keys[n.key]
		u := userEntry{id: key.id, apiID: key.apiID, person: n.person, first: key.first}
		u.unpack(int64(n.packed))
		if u.stores > 0 || u.inAccount == org.Yes {
			list, person = append(list, u), max(person, int64(n.person))
		}
	}
	return list, person
}

// accessesOn fills the table of a snapshot with the accesses in the given stores, and tells the last person and set.
func (p *past) accessesOn(t *accessTable, snapshot org.SnapshotID, stores *storeTable, users *userTable) (person, set int64) {
	day, places := int32(snapshot), p.places(users)
	for i := range stores.rows {
		at, found := slices.BinarySearchFunc(p.stores, stores.rows[i].ID, func(s pastStore, id org.StoreID) int { return int(s.id - id) })
		if !found {
			continue
		}
		for _, v := range p.accesses[p.stores[at].from:p.stores[at].to] {
			if v.from > day || v.to <= day {
				continue
			}
			c := &p.contents[v.content]
			t.rows = append(t.rows, accessEntry{
				store: int32(i), user: places[v.user], id: org.UserID(v.user), person: v.person,
				set: c.set, status: c.status, unseen: c.unseen,
			})
			person, set = max(person, int64(v.person)), max(set, int64(c.set))
		}
	}
	return person, set
}

// places tells for the id of a user its place in a table, -1 where it has none.
func (p *past) places(users *userTable) []int32 {
	last := org.UserID(0)
	if n := len(p.keys); n > 0 {
		last = p.keys[n-1].id
	}
	places := make([]int32, last+1)
	for i := range places {
		places[i] = -1
	}
	for i := range users.rows {
		places[users.rows[i].id] = int32(i)
	}
	return places
}

// everybody are the users whom the account ever had by a snapshot, each with the person that it knew last.
func (p *past) everybody(snapshot org.SnapshotID) [][2]int64 {
	list := make([][2]int64, 0, len(p.keys))
	last := int32(-1)
	for i := range p.users {
		n := &p.users[i]
		switch {
		case n.from > int32(snapshot):
		case n.key == last:
			list[len(list)-1][1] = int64(n.person)
		default:
			list, last = append(list, [2]int64{int64(p.keys[n.key].id), int64(n.person)}), n.key
		}
	}
	return list
}
