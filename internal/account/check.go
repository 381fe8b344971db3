package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

// checkRequests is the most that a check spends.
const checkRequests = 4

// Check is what a token was found to be able to do. Rights to write or delete cannot be seen through the Account API,
// and no write is ever sent to find out.
type Check struct {
	AccountName string
	Stores      int       // seen on the first page
	MoreStores  bool      // there are more than these
	LostStores  int       // entries of the first page that failed at BigCommerce
	Abilities   []Ability // in the order of importance
	Problem     string    // why nothing could be found out; empty otherwise
	Requests    int       // spent

	PageSize   int    // of stores that was accepted
	PageCap    int    // largest page by a refusal; 0 when nothing was refused
	Complexity int    // score by the header of the last answer; 0 without one
	Rate       string // rate headers of the last answer in words; empty without any

	store, hash string // of the first store
	refusal     string // with which apps were refused
}

// Ability is one thing that Rollcall needs a scope for (facts 1.6).
type Ability struct {
	What     string
	Can      org.Tri
	Scope    string // as the control panel names it, and the parameter
	Without  string // what is missing without it
	Required bool
}

// probe is one thing that a check asks for.
type probe struct {
	field   string // name of the field whose error path tells that it was denied
	text    string // of the query, inside account; %d is the size of a page of stores
	ability Ability
}

var probes = []probe{
	{"accountInfo", "accountInfo{...Info}", Ability{
		What: "The account's name", Scope: "Account, read-only (account_read)",
		Without: "Rollcall cannot read anything of the account.", Required: true,
	}},
	{"stores", "stores:stores(first:%d){pageInfo{...Next}edges{cursor node{...Shop}}}", Ability{
		What:  "The list of stores",
		Scope: "Account Stores, read-only (account_stores_read)", Without: "Rollcall cannot see any store.", Required: true,
	}},
	{"users", "users:users(first:1){pageInfo{...Next}edges{cursor node{...Person}}}", Ability{
		What:  "Users and their rights in each store",
		Scope: "Account Users, read-only (account_users_read)", Without: "Rollcall cannot see any user.", Required: true,
	}},
	{"apps", "apps:stores(first:1){edges{node{id apps(first:1){pageInfo{...Next}edges{cursor node{...AppName}}}}}}", Ability{
		What: "Apps of stores and of users", Scope: "Account Apps, read-only (account_apps_read)",
		Without: "Everything works, but which apps a user may open is not shown.",
	}},
}

// Check finds out what the token can read, in four requests at most. With an error nothing was found out; the Check
// then says why in Problem and what was spent.
func (c *Client) Check(ctx context.Context) (Check, error) {
	k := checking{client: c, check: Check{PageSize: 50}, can: map[string]org.Tri{}}
	err := k.run(ctx)
	for _, p := range probes {
		p.ability.Can = k.can[p.field]
		k.check.Abilities = append(k.check.Abilities, p.ability)
	}
	k.check.Abilities = append(k.check.Abilities, c.billing(ctx))
	if err == nil {
		k.check.Problem = k.check.problem()
	} else {
		k.check.Problem = org.TextOf(err)
	}
	return k.check, err
}

// billing is what syncs found out of subscriptions. Asking costs a request of its own, because a refusal spoils the whole
// answer, so a check does not.
func (c *Client) billing(ctx context.Context) Ability {
	a := Ability{
		What: "Subscriptions for apps", Scope: "Account Subscriptions, read-only (account_subscriptions_read)",
		Without: "Everything works, but what the account pays for apps is not shown.",
	}
	learned, err := c.recall(ctx)
	switch {
	case err != nil:
	case learned.Billing == plan.Works:
		a.Can = org.Yes
	case learned.Billing == plan.DeniedAll:
		a.Can = org.No
	}
	return a
}

// checking is a check on its way.
type checking struct {
	client *Client
	check  Check
	can    map[string]org.Tri
}

// run asks for everything at once. A refusal that names fields is repeated without them; one that does not is split.
func (k *checking) run(ctx context.Context) error {
	queue := [][]probe{probes}
	for len(queue) > 0 && k.check.Requests < checkRequests {
		group := queue[0]
		queue = queue[1:]
		record, err := k.ask(ctx, group)
		switch kind := org.KindOf(err); {
		case err == nil:
		case kind == org.KindPageSize && k.check.PageSize > 1:
			k.smaller(record.refusal.cap)
			queue = append([][]probe{group}, queue...)
		case kind == org.KindScope:
			queue = append(k.denied(group, record.errors), queue...)
		case kind == org.KindTooComplex && len(group) == len(probes):
			queue = apart(group)
		default:
			return err
		}
	}
	return nil
}

// smallPage is a size that is believed to work everywhere (facts 1.4).
const smallPage = 10

// smaller takes the size that a refusal named, else a small one, else one.
func (k *checking) smaller(cap int) {
	k.check.PageCap = cap
	switch size := &k.check.PageSize; {
	case cap > 0 && cap < *size:
		*size = cap
	case *size > smallPage:
		*size = smallPage
	default:
		*size = 1
	}
}

// ask sends one request for some of the probes and takes what came.
func (k *checking) ask(ctx context.Context, group []probe) (*call, error) {
	query := "query RollcallCheck{account{id"
	for _, p := range group {
		query += " " + strings.ReplaceAll(p.text, "%d", fmt.Sprint(k.check.PageSize))
	}
	data, record, err := k.client.batch(ctx, withFragments(query+"}}"), "RollcallCheck")
	if record.sent {
		k.check.Requests++
	}
	if err != nil {
		return record, err
	}
	k.check.Complexity, k.check.Rate = record.score(), rateOf(record.header)
	for _, p := range group {
		k.take(p, data, record.errors)
	}
	return record, nil
}

// take judges one probe by what came for it.
func (k *checking) take(p probe, data batch, errors []answerError) {
	answered := part{raw: data.Account[p.field]}
	answered.said = answer{errors: errors}.messages()
	answered.denied = permissionWords.MatchString(answered.said)
	switch p.field {
	case "accountInfo":
		k.check.AccountName = data.info()
		k.can[p.field] = org.TriOf(k.check.AccountName != "" || len(errors) == 0)
	case "stores":
		page := decodePage[StorePage](answered, org.Page{})
		k.can[p.field] = org.TriOf(page.Problem == "")
		k.check.Stores, k.check.MoreStores, k.check.LostStores = len(page.Stores), page.HasNext, page.NullEdges
		if len(page.Stores) > 0 {
			k.check.store, k.check.hash = page.Stores[0].APIID, page.Stores[0].Hash
		}
	case "users":
		page := decodePage[PeoplePage](answered, org.Page{})
		k.can[p.field] = org.TriOf(page.Problem == "" && (page.NullEdges == 0 || !answered.denied))
	case "apps":
		answered.op = plan.Op{Kind: org.ListStoreApps, First: 1, Probe: true}
		if found := answered.probed(); found.Answered || found.Denied {
			k.can[p.field] = org.TriOf(found.Answered)
		}
		if k.can[p.field] == org.No {
			k.check.refusal = answered.said
		}
	}
}

// denied notes which probes a refusal names, and gives what is to be asked instead.
func (k *checking) denied(group []probe, errors []answerError) [][]probe {
	var rest []probe
	for _, p := range group {
		if slices.ContainsFunc(errors, func(e answerError) bool { return names(e.path, p) }) || len(group) == 1 {
			k.can[p.field] = org.No
			continue
		}
		rest = append(rest, p)
	}
	switch {
	case len(rest) == 0:
		return nil
	case len(rest) < len(group):
		return [][]probe{rest}
	case len(group) <= 2:
		return nil // which of the two it is cannot be told
	}
	return apart(group)
}

// apart splits what was asked for together; what every account can read stays with the list of stores.
func apart(group []probe) [][]probe { return [][]probe{group[:2], group[2:3], group[3:]} }

// names tells whether an error's path is that of a probe.
func names(path []any, p probe) bool { return len(path) > 1 && path[1] == p.field }

// problem says in one sentence what is wrong with a token that cannot read what is needed.
func (c Check) problem() string {
	var missing []string
	for _, a := range c.Abilities {
		if a.Required && a.Can != org.Yes {
			missing = append(missing, a.Scope)
		}
	}
	switch {
	case len(missing) == 0:
		return ""
	case !slices.ContainsFunc(c.Abilities, func(a Ability) bool { return a.Can == org.Yes }):
		return "BigCommerce accepts the token, but not for this account: the account UUID belongs to another account, or the token has none of the scopes that Rollcall needs."
	}
	return "The token lacks a scope: " + strings.Join(missing, "; ") + ". Create a new API account with it, for scopes of an existing one cannot be changed here."
}

// Usable tells whether the account can be synced with the token.
func (c Check) Usable() bool { return c.Problem == "" }

// WriteNote is what has to be said with every check.
const WriteNote = "Rollcall only reads. Whether the token may also write or delete cannot be seen through the API: make sure that only read-only scopes were ticked."

// Lines say the check in plain words, one thing a line.
func (c Check) Lines() []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if c.AccountName != "" {
		say("Account: %s", c.AccountName)
	}
	for _, a := range c.Abilities {
		switch {
		case a.Can == org.Yes:
			say("%s: can be read.", a.What)
		case a.Can == org.No:
			say("%s: cannot be read. The token lacks the scope %s. %s", a.What, a.Scope, a.Without)
		case c.Requests > 0 && c.Stores+c.LostStores+c.Complexity > 0 || c.Problem == "":
			say("%s: not known. It needs the scope %s.", a.What, a.Scope)
		}
	}
	if c.MoreStores {
		say("Stores: more than %d", c.Stores)
	} else if c.Stores > 0 {
		say("Stores: %d", c.Stores)
	}
	if c.LostStores > 0 {
		say("Entries of the store list that failed at BigCommerce: %d", c.LostStores)
	}
	if c.PageCap > 0 {
		say("Largest page: %d", c.PageCap)
	}
	if c.Complexity > 0 {
		say("Complexity header: %d for this check", c.Complexity)
	}
	if c.Rate != "" {
		say("Rate headers: %s", c.Rate)
	}
	if c.Problem != "" {
		say("%s", c.Problem)
	}
	say("Requests spent: %d", c.Requests)
	return append(lines, WriteNote)
}

// rateOf puts rate headers into words.
func rateOf(header map[string][]string) string {
	get := func(name string) string {
		values := header["X-Rate-Limit-"+name]
		if len(values) == 0 {
			return ""
		}
		return tidy(values[0])
	}
	quota, left, window, reset := get("Requests-Quota"), get("Requests-Left"), get("Time-Window-Ms"), get("Time-Reset-Ms")
	if quota == "" && left == "" {
		return ""
	}
	return fmt.Sprintf("%s of %s requests left, window %s ms, reset in %s ms", orNone(left), orNone(quota), orNone(window), orNone(reset))
}

func orNone(text string) string {
	if text == "" {
		return "?"
	}
	return text
}
