package views

import (
	"fmt"
	"time"

	"rollcall/internal/org"
)

func sampleApps(n int) []org.AppRow {
	names := []string{"Address Validator", "ERP bridge & stock sync for warehouses", "Mailer & Newsletter Pro", "Steuer-Übersicht", "<b>Chat</b>", "Reviews"}
	list := make([]org.AppRow, n)
	for i := range list {
		a := org.AppRow{
			ID: org.AppID(i + 1), App: org.App{APIID: fmt.Sprint("bc/account/app/", 11007+i*37), Name: names[i%len(names)]}, Known: 211, Unknown: 3, UsersRead: org.Yes,
			Stores: (211 - i*i*3) % 212, Users: 4 + i*13%90, FirstSeen: sampleNow.AddDate(0, 0, -240+i),
		}
		a.Accesses = a.Users * 3
		if i%2 == 0 {
			a.Changed = sampleNow.AddDate(0, 0, -i-1)
		}
		switch i {
		case 4:
			a.Stores, a.Users, a.Accesses, a.Unknown, a.Known = 0, 0, 0, 0, 214
		case 5:
			a.UsersRead = org.No
		case 6:
			a.UsersRead, a.Users, a.Accesses, a.Name = org.Unknown, 0, 0, ""
		}
		a.Stores = max(a.Stores, 0)
		list[i] = a
	}
	return list
}

func sampleBills(n int) []org.SubscriptionRow {
	list := make([]org.SubscriptionRow, n)
	for i := range list {
		r := org.SubscriptionRow{
			ID: org.SubscriptionID(i + 1), App: org.AppID(i%6 + 1), AppName: sampleApps(6)[i%6].Name, Store: org.StoreID(i%12 + 1), StoreName: sampleStores(12)[i%12].Name,
			Subscription: org.Subscription{
				APIID: fmt.Sprint("bc/account/subscription/", i), Product: fmt.Sprint("bc/account/product/", 11007+i), Level: []string{"Standard", "Plus", ""}[i%3],
				Scope: "bc/account/scope/" + sampleStores(12)[i%12].Hash, Status: []string{"ACTIVE", "ACTIVE", "SUSPENDED", "CANCELLED", "ON_HOLD", ""}[i%6],
				Interval: []string{"MONTH", "ANNUAL", "QUARTER", "ONCE", "FORTNIGHT", ""}[i%6], Price: []string{"9.90", "1299", "0.5", ""}[i%4], Currency: "USD",
				PeriodEnd: org.At(sampleNow.AddDate(0, 0, 20-i*7)), Activated: org.At(sampleNow.AddDate(-1, 0, i)), Updated: org.At(sampleNow.AddDate(0, -1, i)),
			},
		}
		switch i {
		case 3:
			r.App, r.AppName, r.PeriodEnd = 0, "", org.Never()
		case 4:
			r.Store, r.StoreName, r.PeriodEnd, r.Unseen = 0, "", org.Moment{}, true
		}
		list[i] = r
	}
	return list
}

func sampleAppPages(add func(string, Page)) {
	s := sampleShell("/a/1/apps")
	page := org.AppPage{Rows: sampleApps(9), Total: 61, From: 1, Next: "n", Known: 211, Unknown: 3, Accesses: 9871, AccessesUnread: 41, Cut: 7}
	add("apps", NewApps(s, page, org.Query{}, choicesOf(1000)))
	q := org.Query{States: []string{org.AppSomewhere}, Labels: []string{"live"}, Search: "mail"}
	add("apps-no-match", NewApps(s, org.AppPage{Known: 214}, q, sampleChoices()))
	denied := "The token lacks the scope account_apps_read (Account Apps, read-only)."
	add("apps-refused", NewApps(s, org.AppPage{Unknown: 214, Denied: denied}, org.Query{}, sampleChoices()))

	m := org.AppMatrix{Apps: sampleApps(14), Stores: sampleStores(60)[30:], AppsTotal: 61, Next: "n", StoresFrom: 30, StoresAll: 1000, Cells: map[org.AppID]map[org.StoreID]org.AppCell{}}
	m.Stores[3].Facets[2] = org.FacetRead{Facet: org.FacetApps, State: org.FacetFailed, ReadAt: sampleNow.AddDate(0, 0, -3)}
	m.Stores[7].Facets[2] = org.FacetRead{Facet: org.FacetApps, State: org.FacetPending}
	for i, a := range m.Apps {
		m.Cells[a.ID] = map[org.StoreID]org.AppCell{}
		for j, store := range m.Stores {
			switch {
			case j == 7:
				m.Cells[a.ID][store.ID] = org.AppCell{Has: org.Unknown}
			case j == 11:
				m.Cells[a.ID][store.ID] = org.AppCell{Has: org.Yes, UsersRead: org.Unknown}
			case (i*5+j*3)%4 < 2:
				m.Cells[a.ID][store.ID] = org.AppCell{Has: org.Yes, Users: (i * j) % 130, UsersRead: org.Yes}
			case (i*5+j*3)%17 == 6:
				m.Cells[a.ID][store.ID] = org.AppCell{Has: org.No, Users: 2, UsersRead: org.Yes}
			}
		}
	}
	add("app-matrix", NewAppMatrix(sampleShell("/a/1/apps/matrix"), m, org.Query{}, sampleChoices()))

	d := org.AppDetail{AppRow: sampleApps(3)[2], With: 190, Without: 21, Timeline: sampleChanges(12)[7:9], Billed: sampleBills(3)}
	for i, store := range sampleStores(14) {
		row := org.AppStore{Store: store, Has: []org.Tri{org.Yes, org.Yes, org.No, org.Unknown}[i%4], Read: store.Facet(org.FacetApps)}
		if row.Has == org.Yes {
			row.Users, row.UsersRead, row.Names = 1+i*3, org.Yes, []string{"Amélie O'Brien", "Bo van der Meer-Oosterhout", "王 小明"}[:min(3, 1+i*3)]
		} else if i%4 == 2 {
			row.UsersRead = org.Yes
		}
		switch i {
		case 4:
			row.Since = sampleNow.Add(-50 * time.Hour)
		case 6:
			row.Users, row.UsersRead, row.Names = 2, org.No, []string{"Ada", "Bo"}
		case 7:
			row.Read = org.FacetRead{}
		}
		d.List.Rows = append(d.List.Rows, row)
	}
	d.List.Total, d.List.From, d.List.Next = 214, 1, "n"
	add("app", NewApp(sampleShell("/a/1/apps/3"), d, org.Query{}, sampleChoices()))

	s = sampleShell("/a/1/subscriptions")
	read := org.FacetRead{State: org.FacetComplete, ReadAt: sampleNow.Add(-8 * time.Hour), Received: 12}
	bills := org.SubscriptionPage{
		Rows: sampleBills(12), Read: read, Total: 12, From: 1, Statuses: []org.Choice{{Value: "ACTIVE", Count: 4}, {Value: "ON_HOLD", Count: 2}, {Value: "", Count: 2}},
		Apps: []org.Choice{{Value: "bc/account/app/11007", Label: "Address Validator", Count: 2}},
	}
	add("subscriptions", NewSubscriptions(s, bills, org.Query{}, sampleChoices()))
	bills.Rows, bills.Total = nil, 0
	bills.Read = org.FacetRead{State: org.FacetDenied, Error: "The token lacks the scope account_subscriptions_read (Account Subscriptions, read-only)."}
	add("subscriptions-refused", NewSubscriptions(s, bills, org.Query{}, sampleChoices()))
	bills.Rows, bills.Total, bills.Read.ReadAt = sampleBills(3), 3, sampleNow.AddDate(0, 0, -9)
	add("subscriptions-failed", NewSubscriptions(s, bills, org.Query{}, sampleChoices()))
	bills.Rows, bills.Total, bills.Read = nil, 0, read
	add("subscriptions-none", NewSubscriptions(s, bills, org.Query{}, sampleChoices()))
}
