// Package plan decides what the next request to the Account API asks for. It is pure: from what was learned about the
// API and from the pages that are wanted it makes a Request, and from what became of it the next Learned. It knows
// neither time nor network.
package plan

import (
	"rollcall/internal/org"
)

// Request is what one request asks for. Its parts are answered side by side.
type Request struct {
	Ops    []Op
	Denied []org.Want // wants that need no request: the token may not read them
}

// Op is one part of a request: a page of one list, or pages of the same size of several stores.
type Op struct {
	Kind   org.ListKind
	Stores []string // API ids; empty for lists of the account
	First  int      // page size
	After  string   // cursor, for one store or a list of the account only
	Users  int      // of ListStores: the size of a first page of users nested in each store; 0 for none
	Apps   bool     // the apps of each user come along with the users
	Info   bool     // of ListStores: ask for the account's name as well
	Final  bool     // of ListAccesses: no further page is expected, so that no cursors are asked for
	Probe  bool     // asked to find out whether apps can be read; nobody wants the page
}

// HeldApps is how many apps of a user are asked for (design 4.3); more is shown as "10 or more".
const HeldApps = 10

// Lists names the lists that the request asks for.
func (r Request) Lists() []org.List {
	var lists []org.List
	for _, op := range r.Ops {
		if op.Probe {
			continue
		}
		if len(op.Stores) == 0 {
			lists = append(lists, org.List{Kind: op.Kind})
		}
		for _, store := range op.Stores {
			lists = append(lists, org.List{Kind: op.Kind, Store: store})
			if op.Apps && op.Kind == org.ListAccesses {
				lists = append(lists, org.List{Kind: org.ListUserApps, Store: store})
			}
		}
	}
	return lists
}

// users is how many users of stores the op asks for.
func (o Op) users() int {
	switch o.Kind {
	case org.ListStores:
		return o.First * o.Users
	case org.ListAccesses, org.ListUserApps:
		return len(o.Stores) * o.First
	}
	return 0
}

// UserSlots is how many users of stores the request asks for, by page sizes.
func (r Request) UserSlots() int {
	n := 0
	for _, op := range r.Ops {
		n += op.users()
	}
	return n
}
