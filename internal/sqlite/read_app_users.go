package sqlite

import (
	"context"

	"rollcall/internal/org"
)

// countHolders counts who may open each app.
func (v *view) countHolders(ctx context.Context, t *appTable) error {
	accesses, err := v.accesses(ctx)
	if err != nil {
		return err
	}
	sets, err := v.apps(ctx)
	if err != nil {
		return err
	}
	met := make([]int32, len(t.rows)) // the last user who was counted, from 1
	for user := range len(accesses.byUser) - 1 {
		for _, at := range accesses.of(user) {
			if !t.wants(int(accesses.rows[at].store)) {
				continue
			}
			t.AppPage.Accesses++
			held := t.sets[sets[at]]
			if held == nil {
				t.AccessesUnread++
				continue
			}
			t.Cut += int(number(held.more))
			for _, app := range held.apps {
				t.rows[app].Accesses++
				if met[app] != int32(user)+1 {
					met[app] = int32(user) + 1
					t.rows[app].Users++
				}
			}
		}
	}
	t.judgeHolders(accesses, sets)
	return nil
}

// judgeHolders tells of each app whether the apps of all users were read in the stores that have it or may have it.
func (t *appTable) judgeHolders(accesses *accessTable, sets []int32) {
	lacks := make([]appTable, len(t.stores)) // what was not read of the users of each store
	for place := range t.stores {
		if t.wants(place) {
			lacks[place] = t.usersOf(accesses, sets, place, nil)
		}
	}
	for i := range t.rows {
		of := appTable{}
		for place, lack := range lacks {
			if lack.AccessesUnread+lack.Cut > 0 && t.stores[place].has(int32(i)) != org.No {
				of.AccessesUnread += lack.AccessesUnread
				of.Cut += lack.Cut
			}
		}
		if of.AppPage.Accesses = t.rows[i].Accesses + of.AccessesUnread; t.AccessesUnread == t.AppPage.Accesses {
			of.AppPage.Accesses, of.AccessesUnread = t.AppPage.Accesses, t.AccessesUnread
		}
		t.rows[i].UsersRead = of.usersRead()
	}
}

// usersOf sums up what was read of the users of a store, and calls each for the apps that they may open.
func (t *appTable) usersOf(accesses *accessTable, sets []int32, store int, each func(app int32)) (of appTable) {
	for at := accesses.byStore[store]; at < accesses.byStore[store+1]; at++ {
		of.AppPage.Accesses++
		held := t.sets[sets[at]]
		if held == nil {
			of.AccessesUnread++
			continue
		}
		of.Cut += int(number(held.more))
		for _, app := range held.apps {
			if each != nil {
				each(app)
			}
		}
	}
	return of
}

// usersRead tells whether the apps of all users were read.
func (t *appTable) usersRead() org.Tri {
	switch {
	case t.AppPage.Accesses > 0 && t.AccessesUnread == t.AppPage.Accesses:
		return org.Unknown
	case t.AccessesUnread+t.Cut > 0:
		return org.No
	}
	return org.Yes
}
