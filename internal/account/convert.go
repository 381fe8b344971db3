package account

import (
	"slices"

	"rollcall/internal/org"
)

// This file turns generated types into those of package org; generated types go no further.

func identity(id, email, first, last, locale text) org.Identity {
	return org.Identity{APIID: string(id), Email: string(email), FirstName: string(first), LastName: string(last), Locale: string(locale)}
}

func (a Access) storeUser() org.StoreUser {
	user := org.StoreUser{
		Identity: identity(a.Id, a.Email, a.FirstName, a.LastName, a.Locale), RightsRead: a.Permissions.Read,
		Status: org.Status(a.Status), LastLogin: org.Moment(a.LastLoginAt), UpdatedAt: org.Moment(a.UpdatedAt),
	}
	if a.Permissions.Read {
		user.Permissions = a.Permissions.Set
	}
	return user
}

func (s Shop) store() org.RemoteStore {
	return org.RemoteStore{APIID: string(s.Id), Hash: string(s.StoreHash), Name: string(s.Name)}
}

func (n Next) into(page *org.Page) {
	page.HasNext, page.End = n.HasNextPage.Yes, string(n.EndCursor)
	if !n.HasNextPage.Read {
		page.Kind, page.Problem = org.KindBroken, "BigCommerce did not say whether this list goes on."
	}
}

func (t *Total) count() int {
	if t == nil || !t.TotalItems.Read || t.TotalItems.N < 0 || t.TotalItems.N > 1<<31 {
		return -1
	}
	return int(t.TotalItems.N)
}

// An entry that is null, or has no id, failed at the API.

func (p StorePage) into(page *org.Page) {
	p.PageInfo.into(page)
	page.NoEdges = p.Edges == nil
	for _, edge := range p.Edges {
		if edge == nil || edge.Node.Id == "" || edge.Node.StoreHash == "" {
			page.NullEdges++
			continue
		}
		page.Stores = append(page.Stores, edge.Node.store())
		page.Cursors = append(page.Cursors, string(edge.Cursor))
	}
}

func (p UserPage) into(page *org.Page) {
	p.PageInfo.into(page)
	page.Total, page.NoEdges = p.CollectionInfo.count(), p.Edges == nil
	for _, edge := range p.Edges {
		if edge == nil || edge.Node.Id == "" {
			page.NullEdges++
			continue
		}
		page.Users = append(page.Users, edge.Node.storeUser())
		page.Cursors = append(page.Cursors, string(edge.Cursor))
	}
}

func (p PeoplePage) into(page *org.Page) {
	p.PageInfo.into(page)
	page.Total, page.NoEdges = p.CollectionInfo.count(), p.Edges == nil
	for _, edge := range p.Edges {
		if edge == nil || edge.Node.Id == "" {
			page.NullEdges++
			continue
		}
		n := edge.Node
		page.People = append(page.People, identity(n.Id, n.Email, n.FirstName, n.LastName, n.Locale))
		page.Cursors = append(page.Cursors, string(edge.Cursor))
	}
}

func (p AppPage) into(page *org.Page) {
	p.PageInfo.into(page)
	page.NoEdges = p.Edges == nil
	for _, edge := range p.Edges {
		if edge == nil || edge.Node.Id == "" {
			page.NullEdges++
			continue
		}
		page.Apps = append(page.Apps, edge.Node.app())
		page.Cursors = append(page.Cursors, string(edge.Cursor))
	}
}

func (p HolderPage) into(page *org.Page) {
	p.PageInfo.into(page)
	page.Total, page.NoEdges = p.CollectionInfo.count(), p.Edges == nil
	for _, edge := range p.Edges {
		if edge == nil || edge.Node.Id == "" || !edge.Node.whole() {
			page.NullEdges++
			continue
		}
		page.UserApps = append(page.UserApps, edge.Node.userApps())
		page.Cursors = append(page.Cursors, string(edge.Cursor))
	}
}

func (h Holder) userApps() org.UserApps {
	held := org.UserApps{User: string(h.Id), More: h.Apps.PageInfo.HasNextPage.Yes || !h.Apps.PageInfo.HasNextPage.Read}
	for _, edge := range h.Apps.Edges {
		held.Apps = append(held.Apps, edge.Node.app())
	}
	return held
}

// whole tells whether every app of the user came.
func (h Holder) whole() bool {
	return h.Apps.Edges != nil && !slices.ContainsFunc(h.Apps.Edges, func(e *HeldAppEdge) bool { return e == nil || e.Node.Id == "" })
}

func (a AppName) app() org.App { return org.App{APIID: string(a.Id), Name: string(a.Name)} }
