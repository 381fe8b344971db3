package sqlite

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"rollcall/internal/org"
)

var (
	qPeopleThen = query(`SELECT u.id, coalesce((SELECT n.person_id FROM user_summary n WHERE n.user_id = u.id AND n.valid_from <= ?2
    ORDER BY n.valid_from DESC LIMIT 1), u.person_id) FROM user u WHERE u.account_id = ?1`)
	qNamesOf = query(`SELECT s.id, s.hash, v.name FROM store s JOIN store_version v ON v.store_id = s.id
  WHERE s.account_id = ?1 AND v.valid_from <= ?2`)
)

// searchChanges limits changes to users and stores whose name, e-mail or hash is looked for.
func (v *view) searchChanges(ctx context.Context, search string, c *changeQuery) error {
	filter := newPersonFilter(org.Query{Search: search})
	if filter.any() {
		return nil
	}
	people, err := v.everybody(ctx)
	if err != nil {
		return err
	}
	words, err := v.db.everything(ctx, v.db.reader) // after the users: a sync may be adding people
	if err != nil {
		return err
	}
	users, stores := []int64{}, []int64{}
	for _, u := range people {
		if filter.match(0, &words.people[u[1]]) {
			users = append(users, u[0])
		}
	}
	text := strings.ToLower(strings.TrimSpace(search))
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var id int64
		var hash, name string
		err := rows.Scan(&id, &hash, &name)
		if strings.Contains(hash, text) || strings.Contains(strings.ToLower(name), text) {
			stores = append(stores, id)
		}
		return err
	}, qNamesOf, v.scope.Account, v.snapshot.ID)
	c.find(users, stores)
	return err
}

// everybody are the users whom the account ever had, each with the person that the snapshot knew last.
func (v *view) everybody(ctx context.Context) ([][2]int64, error) {
	if known := v.db.pasts.of(v.scope.Account, v.snapshot.ID); known != nil {
		return known.everybody(v.snapshot.ID), nil
	}
	return all(ctx, v.db.reader, func(rows *sql.Rows) (u [2]int64, err error) {
		err = rows.Scan(&u[0], &u[1])
		return u, err
	}, qPeopleThen, v.scope.Account, v.snapshot.ID)
}

// fewFound is up to how many users a search looks at the changes of each instead of at all changes, newest first.
const fewFound = 500

// find limits the query to what a search found.
func (c *changeQuery) find(users, stores []int64) {
	if c.index == "change_account" && len(stores) == 0 && len(users) <= fewFound {
		c.index = "change_user"
		anyOf(c, changeUser, changeUsers, users)
		return
	}
	c.args = append(c.args, idList(stores), idList(users)) // a count may leave the stores out
	n := len(c.args)
	c.found = &found{
		users:   strings.ReplaceAll(changeUsers, "?", "?"+strconv.Itoa(n)),
		stores:  strings.ReplaceAll(changeStores, "?", "?"+strconv.Itoa(n-1)),
		noStore: len(stores) == 0,
	}
}
