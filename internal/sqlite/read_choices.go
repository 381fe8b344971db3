package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Choices are the values that filters can offer in the snapshot: stores with their accesses, labels with their stores,
// domains and permissions with their users, apps and statuses with their accesses.
func (db *DB) Choices(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.FilterChoices, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return org.FilterChoices{}, err
	}
	fixed, err := v.fixedChoices(ctx)
	if err != nil {
		return org.FilterChoices{}, err
	}
	choices := *fixed
	choices.Labels, err = v.labelChoices(ctx)
	return choices, err
}

// fixedChoices are the choices without labels.
func (v *view) fixedChoices(ctx context.Context) (*org.FilterChoices, error) {
	return v.image.choices.get(func() (*org.FilterChoices, error) { return v.countChoices(context.WithoutCancel(ctx)) })
}

// countChoices counts everything that cannot change any more.
func (v *view) countChoices(ctx context.Context) (*org.FilterChoices, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	users, err := v.users(ctx)
	if err != nil {
		return nil, err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	c := &org.FilterChoices{}
	for i := range stores.rows {
		s := &stores.rows[i]
		c.Stores = append(c.Stores, org.Choice{Value: s.Hash, Label: s.Name, Count: int(accesses.byStore[i+1] - accesses.byStore[i])})
	}
	byLabel(c.Stores)
	domains, statuses := map[string]int{}, map[string]int{}
	for i := range users.rows {
		if domain := org.EmailDomain(users.person(int32(i)).mail); domain != "" {
			domains[domain]++
		}
	}
	for i := range accesses.rows {
		statuses[string(accesses.words.statuses[accesses.rows[i].status])]++
	}
	c.Domains, c.Statuses = byFrequency(domains), byFrequency(statuses)
	for _, p := range v.permissions(accesses) {
		c.Permissions = append(c.Permissions, org.Choice{Value: p.Name, Label: org.PermissionLabel(p.Name), Count: p.Users})
	}
	byLabel(c.Permissions)
	c.Apps, err = v.appChoices(ctx)
	return c, err
}

func (v *view) appChoices(ctx context.Context) ([]org.Choice, error) {
	sets, err := v.apps(ctx)
	if err != nil {
		return nil, err
	}
	bySet := map[int64]int{}
	for _, set := range sets {
		bySet[int64(set)]++
	}
	lists, err := appLists(ctx, v.db.reader, v.snapshot, nil)
	if err != nil {
		return nil, err
	}
	counts := map[org.App]int{}
	for _, list := range lists {
		for _, app := range list.apps {
			counts[app] += bySet[list.id]
		}
	}
	var choices []org.Choice
	for app, n := range counts {
		if n > 0 {
			choices = append(choices, org.Choice{Value: app.APIID, Label: app.Name, Count: n})
		}
	}
	byLabel(choices)
	return choices, nil
}

var qLabelChoices = query(`SELECT label, count(*) FROM store_label WHERE store_id IN (SELECT value FROM json_each(?)) GROUP BY label ORDER BY label`)

// labelChoices are read each time: labels can change at any time.
func (v *view) labelChoices(ctx context.Context) ([]org.Choice, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	return all(ctx, v.db.reader, func(rows *sql.Rows) (c org.Choice, err error) {
		err = rows.Scan(&c.Value, &c.Count)
		c.Label = c.Value
		return c, err
	}, qLabelChoices, stores.ids())
}

// byLabel sorts choices as people look for them.
func byLabel(list []org.Choice) {
	slices.SortFunc(list, func(a, b org.Choice) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)), strings.Compare(a.Value, b.Value))
	})
}

// byFrequency lists values, the most frequent first.
func byFrequency(counts map[string]int) []org.Choice {
	list := make([]org.Choice, 0, len(counts))
	for value, n := range counts {
		list = append(list, org.Choice{Value: value, Label: value, Count: n})
	}
	slices.SortFunc(list, func(a, b org.Choice) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return list
}
