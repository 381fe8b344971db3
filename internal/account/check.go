package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"rollcall/internal/org"
)

// Check is what a test of the connection found. It holds nothing of the token.
type Check struct {
	AccountName string
	Stores      int // stores on the first page; -1: not known
	MoreStores  bool
	Abilities   []Ability
	Problem     string // why nothing at all can be read, in plain words; empty when something can
	Requests    int    // sent
	Complexity  bool   // answers tell their complexity
	RateHeaders bool   // answers tell the quota
}

// Ability is one thing that Rollcall reads, and whether the token lets it.
type Ability struct {
	What     string
	Scope    string // as the control panel calls it, with its parameter (facts 1.6)
	Without  string // what is missing without it
	Required bool
	Can      org.Tri
}

// Usable tells whether a sync can run: everything that is required can be read.
func (c Check) Usable() bool {
	for _, a := range c.Abilities {
		if a.Required && a.Can != org.Yes {
			return false
		}
	}
	return c.Problem == "" && len(c.Abilities) > 0
}

// Lines are the findings in plain words, one a line.
func (c Check) Lines() []string {
	if c.Problem != "" {
		return []string{c.Problem}
	}
	lines := []string{fmt.Sprintf("Account: %s", c.AccountName)}
	for _, a := range c.Abilities {
		switch {
		case a.Can == org.Yes:
			lines = append(lines, "can read: "+a.What)
		case a.Can == org.Unknown:
			lines = append(lines, "unknown: "+a.What)
		case a.Required:
			lines = append(lines, "MISSING: "+a.What+". Tick the scope "+a.Scope+". "+a.Without)
		default:
			lines = append(lines, "not permitted: "+a.What+" (scope "+a.Scope+"). "+a.Without)
		}
	}
	return append(lines, "Whether the token can also write or delete cannot be seen through this API: tick read-only scopes alone.")
}

// probe is one thing to try. Each is a query of its own, so that a missing scope spoils nothing else.
type probe struct {
	query string
	Ability
}

var probes = []probe{
	{`{ account { id accountInfo { name } } }`, Ability{
		What: "the account's name", Scope: "Account, read-only (account_read)", Required: true,
		Without: "Without it the account cannot be told from others.",
	}},
	{`{ account { stores(first: 10) { pageInfo { hasNextPage } edges { node { id name storeHash } } } } }`, Ability{
		What: "the list of stores", Scope: "Account Stores, read-only (account_stores_read)", Required: true,
		Without: "Without it no store can be read.",
	}},
	{`{ account { users(first: 1) { edges { node { id email } } } stores(first: 1) { edges { node { id users(first: 1) { edges { node { id permissions } } } } } } } }`, Ability{
		What: "users and their rights in each store", Scope: "Account Users, read-only (account_users_read)", Required: true,
		Without: "Without it nobody can be seen.",
	}},
	{`{ account { stores(first: 1) { edges { node { id apps(first: 1) { edges { node { id } } } } } } } }`, Ability{
		What: "apps that users may open", Scope: "Account Apps, read-only (account_apps_read)",
		Without: "Without it the apps of users and stores are shown as not permitted.",
	}},
}

// Check asks the API what the token may read, with four requests at most. The outcome, a refused token included, is
// in the Check; an error means that nothing was learned: LimitError, KindUnavailable, KindBroken.
func (c *Client) Check(ctx context.Context) (Check, error) {
	check := Check{Stores: -1}
	for i, p := range probes {
		found, err := c.try(ctx, &check, p)
		switch {
		case org.KindOf(err) == org.KindUnauthorized:
			check.Problem = org.TextOf(err)
			return check, nil
		case err != nil:
			return check, err
		}
		p.Can = found
		check.Abilities = append(check.Abilities, p.Ability)
		if i == 2 && noneCan(check.Abilities) {
			check.Problem = "BigCommerce refuses everything that Rollcall asks for. Either the token belongs to another account, " +
				"or it has none of the scopes Account, Account Stores and Account Users (read-only)."
			return check, nil
		}
	}
	return check, nil
}

func noneCan(abilities []Ability) bool {
	for _, a := range abilities {
		if a.Can == org.Yes {
			return false
		}
	}
	return true
}

// try sends one probe. Scope problems are an answer, not an error.
func (c *Client) try(ctx context.Context, check *Check, p probe) (org.Tri, error) {
	var data struct {
		Account *probeAccount `json:"account"`
	}
	call, err := c.send(ctx, p.query, "", nil, &data)
	if call.sent {
		check.Requests++
	}
	switch org.KindOf(err) {
	case org.KindScope:
		return org.No, nil
	case org.KindRejected:
		return org.Unknown, nil
	}
	if err != nil {
		return org.Unknown, err
	}
	check.Complexity = check.Complexity || call.header.Get("X-Bc-Graphql-Complexity") != ""
	check.RateHeaders = check.RateHeaders || call.header.Get("X-Rate-Limit-Requests-Left") != ""
	if call.status == http.StatusOK && len(call.errors) > 0 {
		return org.No, nil
	}
	data.Account.tell(check)
	return org.Yes, nil
}

// probeAccount is the part of a probe's answer that the check shows.
type probeAccount struct {
	Info *struct {
		Name text `json:"name"`
	} `json:"accountInfo"`
	Stores *struct {
		PageInfo *struct {
			HasNextPage bool `json:"hasNextPage"`
		} `json:"pageInfo"`
		Edges []json.RawMessage `json:"edges"`
	} `json:"stores"`
}

func (a *probeAccount) tell(check *Check) {
	if a == nil {
		return
	}
	if a.Info != nil {
		check.AccountName = string(a.Info.Name)
	}
	if a.Stores != nil && a.Stores.PageInfo != nil {
		check.Stores, check.MoreStores = len(a.Stores.Edges), a.Stores.PageInfo.HasNextPage
	}
}
