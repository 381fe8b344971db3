package account

import (
	"encoding/json"
	"slices"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

// batch is the data of a composed request: the account with one entry for each alias.
type batch struct {
	Account map[string]json.RawMessage
}

// batchOf takes valid data apart.
func batchOf(data json.RawMessage) (batch, error) {
	raw := members(data)["account"]
	b := batch{Account: members(raw)}
	if b.Account == nil && len(raw) > 0 && raw[0] != 'n' {
		return b, problem(org.KindBroken, "BigCommerce sent an answer that cannot be read. Asking again may help.", "the account is "+snippet(raw))
	}
	return b, nil
}

func (b batch) text(name string) string {
	var t text
	_ = decode(b.Account[name], &t)
	return string(t)
}

// info is the account's name, empty when it was not asked for.
func (b batch) info() string {
	var info Info
	if decode(b.Account["accountInfo"], &info) != nil {
		return ""
	}
	return string(info.Name)
}

// part is the answer to one op.
type part struct {
	op     plan.Op
	raw    json.RawMessage
	errors []answerError // those that concern it
	said   string        // their messages
	denied bool          // they speak of permission
}

// parts hands every op its answer and the errors whose path names it. Errors without a path concern all.
func parts(request plan.Request, data batch, errors []answerError) []part {
	all := make([]part, len(request.Ops))
	for i, op := range request.Ops {
		p := part{op: op, raw: data.Account[alias(i)]}
		for _, e := range errors {
			if len(e.path) < 2 || e.path[1] == alias(i) {
				p.errors = append(p.errors, e)
			}
		}
		p.said = answer{errors: p.errors}.messages()
		p.denied = permissionWords.MatchString(p.said)
		all[i] = p
	}
	return all
}

// pages turns the answer to one op into pages. It never fails: what cannot be read becomes a page with a problem.
func (p part) pages() []org.Page {
	var pages []org.Page
	switch p.op.Kind {
	case org.ListStores:
		pages = p.storePages()
	case org.ListAccountUsers:
		pages = []org.Page{decodePage[PeoplePage](p, p.page(""))}
	case org.ListSubscriptions:
		pages = []org.Page{decodePage[SubscriptionPage](p, p.page(""))}
	default:
		pages = p.groupPages()
	}
	for i := range pages {
		p.spoil(&pages[i])
		p.refuse(&pages[i])
		pages[i] = worthless(pages[i])
	}
	return pages
}

// worthless leaves a page with a problem without items: half of it must not be taken for the whole.
func worthless(page org.Page) org.Page {
	if page.Problem == "" {
		return page
	}
	return org.Page{List: page.List, After: page.After, First: page.First, Total: -1, Kind: page.Kind, Problem: page.Problem}
}

// refuse makes problems of pages that lost entries because apps may not be read: the error of an app climbs to the
// entry of its user (facts 1.3). The users themselves can be read without their apps.
func (p part) refuse(page *org.Page) {
	asked := p.op.Apps || p.op.Kind == org.ListUserApps
	if !asked || !p.denied || page.NullEdges == 0 || page.Problem != "" {
		return
	}
	failed := p.failed(org.Page{List: page.List, After: page.After, First: page.First, Total: -1})
	if page.List.Kind != org.ListUserApps {
		failed.Kind = org.KindUnavailable
	}
	*page = failed
}

func (p part) page(store string) org.Page {
	return org.Page{List: org.List{Kind: p.op.Kind, Store: store}, After: p.op.After, First: p.op.First, Total: -1}
}

// pageOf is a generated type that holds one page.
type pageOf interface{ into(*org.Page) }

func decodePage[T pageOf](p part, page org.Page) org.Page {
	var decoded T
	switch {
	case len(p.raw) == 0 || string(p.raw) == "null":
		return p.failed(page)
	case decode(p.raw, &decoded) != nil:
		return broken(page)
	}
	decoded.into(&page)
	return page
}

func (p part) failed(page org.Page) org.Page {
	page.Kind, page.Problem = org.KindUnavailable, "BigCommerce could not read this list."
	if p.denied {
		page.Kind, page.Problem = org.KindScope, "The token may not read this list."
	}
	if p.said != "" {
		page.Problem += " It said: " + p.said
	}
	return page
}

func broken(page org.Page) org.Page {
	page.Kind, page.Problem = org.KindBroken, "BigCommerce sent this list in a form that cannot be read."
	return page
}

// storePages are a page of the store list and the first pages of users that were nested in it.
func (p part) storePages() []org.Page {
	list := decodePage[StorePage](p, p.page(""))
	pages := []org.Page{list}
	if p.op.Users == 0 || list.Problem != "" {
		return pages
	}
	first := func(kind org.ListKind, store text) org.Page {
		return org.Page{List: org.List{Kind: kind, Store: string(store)}, First: p.op.Users, Total: -1}
	}
	var users UserGroup
	if decode(p.raw, &users) == nil {
		for _, edge := range users.Edges {
			if edge != nil && edge.Node.Id != "" {
				page := first(org.ListAccesses, edge.Node.Id)
				edge.Node.Users.into(&page)
				pages = append(pages, page)
			}
		}
	}
	var holders HolderGroup
	if p.op.Apps && decode(p.raw, &holders) == nil {
		for _, edge := range holders.Edges {
			if edge != nil && edge.Node.Id != "" {
				page := first(org.ListUserApps, edge.Node.Id)
				edge.Node.Users.into(&page)
				pages = append(pages, page)
			}
		}
	}
	return pages
}

// groupPages are the pages of the stores that a group named, in that order.
func (p part) groupPages() []org.Page {
	switch p.op.Kind {
	case org.ListStoreApps:
		return groupPages(p, p.op.Kind, func(g AppGroup) []*AppGroupEdge { return g.Edges },
			func(e *AppGroupEdge) (text, pageOf) { return e.Node.Id, e.Node.Apps })
	case org.ListUserApps:
		return holderPages(p)
	}
	pages := groupPages(p, org.ListAccesses, func(g UserGroup) []*UserGroupEdge { return g.Edges },
		func(e *UserGroupEdge) (text, pageOf) { return e.Node.Id, e.Node.Users })
	if p.op.Apps {
		pages = append(pages, holderPages(p)...)
	}
	return pages
}

func holderPages(p part) []org.Page {
	return groupPages(p, org.ListUserApps, func(g HolderGroup) []*HolderGroupEdge { return g.Edges },
		func(e *HolderGroupEdge) (text, pageOf) { return e.Node.Id, e.Node.Users })
}

// groupPages checks that each store of a group was answered, and that it is the one that was asked for (design law 5).
func groupPages[G, E any](p part, kind org.ListKind, edges func(G) []*E, take func(*E) (text, pageOf)) []org.Page {
	var group G
	unreadable := decode(p.raw, &group) != nil && len(p.raw) > 0
	found, failed, foreign := map[string]pageOf{}, 0, 0
	for _, edge := range edges(group) {
		if edge == nil {
			failed++
			continue
		}
		id, page := take(edge)
		if !slices.Contains(p.op.Stores, string(id)) {
			foreign++
			continue
		}
		found[string(id)] = page
	}
	var pages []org.Page
	for _, store := range p.op.Stores {
		page := p.page(store)
		page.List.Kind = kind
		switch answered := found[store]; {
		case unreadable:
			page = broken(page)
		case answered != nil:
			answered.into(&page)
		case failed > 0 || edges(group) == nil:
			page = p.failed(page)
		case foreign > 0:
			page.Kind, page.Problem = org.KindBroken, "BigCommerce answered with another store."
		default:
			page.Kind, page.Problem = org.KindNotFound, "BigCommerce did not return this store."
		}
		pages = append(pages, page)
	}
	return pages
}

// outgrown makes a problem of a page that was to be the last of its list and is not: it has no cursors to go on from.
func (p part) outgrown(page *org.Page) {
	if !p.op.Final || !page.HasNext || page.Problem != "" {
		return
	}
	*page = org.Page{
		List: page.List, After: page.After, First: page.First, Total: -1, Kind: org.KindUnavailable,
		Problem: "The store has more users than before. They are asked for again.",
	}
}

// spoil makes sure that a null which stands for an error is not taken for "never" (design law 4).
func (p part) spoil(page *org.Page) {
	if len(p.errors) == 0 {
		return
	}
	login, updated, status := p.spoilt("lastLoginAt"), p.spoilt("updatedAt"), p.spoilt("status")
	for i := range page.Users {
		user := &page.Users[i]
		user.StatusUnread = status && user.Status == ""
		if login && user.LastLogin.At.IsZero() {
			user.LastLogin = org.Moment{}
		}
		if updated && user.UpdatedAt.At.IsZero() {
			user.UpdatedAt = org.Moment{}
		}
	}
	p.spoilSubscriptions(page.Subscriptions)
}

// spoilt tells whether an error may concern the field: its path ends there, or it has none.
func (p part) spoilt(field string) bool {
	return slices.ContainsFunc(p.errors, func(e answerError) bool {
		return len(e.path) == 0 || e.path[len(e.path)-1] == field
	})
}
