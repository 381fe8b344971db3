package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"rollcall/internal/org"
)

// worstShown is how many users the overview names.
const worstShown = 10

// Overview tells how an account stands. For a scope of some stores every number counts these alone, the trend is left
// out because it was noted for whole accounts.
func (db *DB) Overview(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (o org.Overview, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return o, err
	}
	o.Outcome = v.snapshot
	stores, err := v.stores(ctx)
	if err != nil {
		return o, err
	}
	o.Stores = len(stores.rows)
	for i := range stores.rows {
		if store := stores.rows[i].Store; store.Facet(org.FacetAccesses).State != org.FacetComplete {
			o.Failed = append(o.Failed, store)
		}
	}
	sorted(o.Failed, storeColumns[0], false)
	if err := v.overviewUsers(ctx, q, &o); err != nil {
		return o, err
	}
	if o.Changes7, err = v.changesIn(ctx, 7); err != nil {
		return o, err
	}
	if o.Changes30, err = v.changesIn(ctx, 30); err != nil {
		return o, err
	}
	if scope.Stores == nil {
		o.Trend, err = v.trend(ctx)
	}
	return o, err
}

// overviewUsers counts users and finds those who deserve a look first.
func (v *view) overviewUsers(ctx context.Context, q org.Query, o *org.Overview) error {
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	o.AccountUsers = stores.account
	accesses, err := v.accesses(ctx)
	if err != nil {
		return err
	}
	users, err := v.usersSignedIn(ctx)
	if err != nil {
		return err
	}
	o.Accesses = len(accesses.rows)
	for i := range accesses.rows {
		o.OwnerLike += int(number(accesses.words.rights[accesses.rows[i].set].role == org.RoleOwner))
	}
	days := q.Threshold(v.settings)
	var worst []userConcern
	o.Users = len(users.rows)
	for i := range users.rows {
		u := &users.rows[i]
		login := users.signIns[i].state(days)
		o.Privileged += int(number(u.privileged))
		o.Inactive += int(number(login == org.LoginInactive))
		o.Never += int(number(login == org.LoginNever))
		if c := (userConcern{at: int32(i), score: concern(u, login), stores: u.stores, id: u.id}); c.score > 0 {
			worst = append(worst, c)
		}
	}
	slices.SortFunc(worst, func(a, b userConcern) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.stores, a.stores), cmp.Compare(a.id, b.id))
	})
	worst = worst[:min(len(worst), worstShown)]
	places := make([]int32, len(worst))
	for i := range worst {
		places[i] = worst[i].at
	}
	rows, err := v.userRows(ctx, users, places, q)
	for i := range rows {
		o.Worst = append(o.Worst, org.WorstRow{User: rows[i], Reason: reason(accesses, places[i], rows[i], users.signIns[places[i]])})
	}
	o.UnknownPermissions = unknownPermissions(accesses)
	return err
}

// userConcern is a user who may deserve a look.
type userConcern struct {
	at     int32
	score  int
	stores int32
	id     org.UserID
}

// concern weighs how much a user deserves a look: high rights that are not used come first, then high rights of
// people whom the account list does not hold. Zero means not at all.
func concern(u *userEntry, login org.LoginState) int {
	score := 0
	switch {
	case u.role == org.RoleOwner:
		score = 40
	case u.privileged:
		score = 30
	default:
		return 0
	}
	unused := login == org.LoginNever || login == org.LoginInactive
	outside := u.inAccount == org.No
	if !unused && !outside {
		return 0
	}
	if unused {
		score += 20
	}
	if login == org.LoginNever {
		score++
	}
	if outside {
		score += 15
	}
	return score
}

// reason says in words why a user deserves a look.
func reason(t *accessTable, user int32, u org.UserRow, s signIns) string {
	owners, privileged := 0, 0
	for _, at := range t.of(int(user)) {
		r := t.words.rights[t.rows[at].set]
		owners += int(number(r.role == org.RoleOwner))
		privileged += int(number(r.privileged))
	}
	text := "Privileged in " + inStores(privileged)
	if u.Highest == org.RoleOwner {
		text = "Owner-like in " + inStores(owners)
	}
	switch u.Login {
	case org.LoginNever:
		text += ", never signed in"
	case org.LoginInactive:
		text += ", not signed in for " + days(int(s.quiet/(24*60*60)))
	}
	if u.InAccount == org.No {
		text += ", not in the account list"
	}
	return text
}

func inStores(n int) string {
	if n == 1 {
		return "1 store"
	}
	return strconv.Itoa(n) + " stores"
}

// unknownPermissions are the rights in use that the catalogue does not hold.
func unknownPermissions(t *accessTable) []string {
	used := make([]bool, len(t.words.rights))
	for i := range t.rows {
		used[t.rows[i].set] = true
	}
	held := make([]bool, len(t.words.names))
	for set, used := range used {
		for _, name := range t.words.rights[set].names {
			held[name] = held[name] || used
		}
	}
	var all []string
	for name, held := range held {
		if held {
			all = append(all, t.words.names[name])
		}
	}
	return org.NewPermissionSet(all).Unknown()
}

// changesIn counts the changes of the days before the snapshot.
func (v *view) changesIn(ctx context.Context, days int) (int, error) {
	after, err := v.before(ctx, days)
	if err != nil {
		return 0, err
	}
	q := org.Query{Since: org.AsOf{Snapshot: after}}
	c, err := v.changeQuery(ctx, q)
	if err != nil {
		return 0, err
	}
	return v.countChanges(ctx, q, c)
}
