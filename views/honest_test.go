package views

import (
	"net/url"
	"strings"
	"testing"

	"rollcall/internal/org"
)

func TestOnlyACompleteReadSaysThatThereIsNothing(t *testing.T) {
	failed := sampleShell("/a/1/users")
	failed.Snapshot.State, failed.Snapshot.Reason, failed.Snapshot.StoresFailed, failed.Snapshot.Stores = org.Partial, "", 214, 214
	for what, page := range map[string]Page{
		"users":  NewUsers(failed, org.UserPage{}, org.Query{}, org.FilterChoices{}),
		"stores": NewStores(failed, org.StorePage{}, org.Query{}, org.FilterChoices{}),
		"matrix": NewMatrix(failed, org.Matrix{}, org.Query{}, org.FilterChoices{}),
	} {
		if text := render(t, page); strings.Contains(text, "This account has no") || !strings.Contains(text, "could not be read") {
			t.Errorf("%s of a failed snapshot are said to be none", what)
		}
	}
	store := org.StoreDetail{Store: org.Store{ID: 1, Name: "A", Hash: "a", Facets: []org.FacetRead{
		{Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1, ReadAt: sampleNow.AddDate(0, 0, -3), Error: "It did not answer."},
	}}}
	page := render(t, NewStore(failed, store, org.AccessPage{}, org.Query{}, nil))
	if strings.Contains(page, "was read to the end") || strings.Contains(page, "0, total not provided") {
		t.Error("a store whose read failed is said to have been read to the end, or to have brought 0")
	}
}

func TestAccountWithoutStoresStillHasUsers(t *testing.T) {
	s := sampleShell("/a/1/matrix")
	s.Snapshot.State, s.Snapshot.StoresFailed, s.Snapshot.Stores = org.Complete, 0, 0
	if page := render(t, NewMatrix(s, org.Matrix{Users: sampleUsers(2), UsersTotal: 2}, org.Query{}, org.FilterChoices{})); strings.Contains(page, "has no users") {
		t.Error("an account with users, but without stores, is said to have no users")
	}
}

func TestMatrixDoesNotCallUnreadStoresEmpty(t *testing.T) {
	never := org.Store{ID: 2, Name: "Unread", Facets: []org.FacetRead{{Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1}}}
	read := org.Store{ID: 1, Name: "Read", Facets: []org.FacetRead{{Facet: org.FacetAccesses, State: org.FacetComplete, ReadAt: sampleNow}}}
	part := org.Store{ID: 3, Name: "Part", Facets: []org.FacetRead{{Facet: org.FacetAccesses, State: org.FacetFailed, ReadAt: sampleNow, Partial: true}}}
	kept := org.Store{ID: 4, Name: "Kept", Facets: []org.FacetRead{{Facet: org.FacetAccesses, State: org.FacetDenied, ReadAt: sampleNow}}}
	m := org.Matrix{Users: sampleUsers(1), UsersTotal: 1, Stores: []org.Store{read, never, part, kept}, StoresAll: 4}
	page := NewMatrix(sampleShell("/a/1/matrix"), m, org.Query{}, org.FilterChoices{})
	for i, want := range []struct{ letter, cell, head string }{
		{"", "", "Read"}, {"?", "never read", "never read"}, {"?", "only read in part", "only read in part"}, {"", "", "may not read it; shown as read on"},
	} {
		cell, head := page.Rows[0].Cells[i], page.Stores[i]
		if cell.Letter != want.letter || !strings.Contains(cell.Text, want.cell) || !strings.Contains(head.Title, want.head) || head.Stale != (i > 0) {
			t.Errorf("%s: cell %+v under %+v, want %+v", m.Stores[i].Name, cell, head, want)
		}
	}
	if text := render(t, page); !page.Stale || !strings.Contains(text, "what was read before is shown") {
		t.Error("the page does not explain the columns that were not read to their end")
	}
}

func TestChangesKeepOddPermissionNames(t *testing.T) {
	row := org.ChangeRow{Kind: "rights_gained", Before: "", After: `Back\\slash;Semi\;colon;Two words`, SeenAt: sampleNow}
	got := changeLine(sampleShell("/a/1/changes"), row, "").Diff.Added
	if want := []string{`Back\slash`, "Semi;colon", "Two words"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUserWithoutAccessIsNotUnread(t *testing.T) {
	u := org.UserDetail{UserRow: org.UserRow{ID: 1, Identity: org.Identity{Email: "a@example.com"}, InAccount: org.Yes}}
	page := NewUser(sampleShell("/a/1/users/1"), u)
	for _, b := range page.Head.Badges {
		if strings.Contains(b.Title, "not read") {
			t.Errorf("badge %+v says that something was not read, but there is no access", b)
		}
	}
	for _, f := range page.Facts {
		if f.Name == "Last sign-in" && f.Value != "not provided" {
			t.Errorf("last sign-in is %q", f.Value)
		}
	}
}

func TestNumbersOfChangesLeadToAsManyChanges(t *testing.T) {
	s := sampleShell("/a/1/")
	since := s.Snapshot.Finished.AddDate(0, 0, -7).UTC().Format("2006-01-02T15:04:05Z07:00")
	for _, stat := range overviewStats(s, org.Overview{}) {
		if stat.Name == "Changes" && !strings.Contains(stat.Href, "since="+url.QueryEscape(since)) {
			t.Errorf("7 days before the snapshot are since %s, the link says %s", since, stat.Href)
		}
	}
	line := storeLine(s, org.Store{ID: 1, Hash: "a", Changes30: 3})
	if !strings.Contains(line.ChangesHref, "since=") {
		t.Errorf("the changes of 30 days lead to all changes: %s", line.ChangesHref)
	}
	var page strings.Builder
	rows := org.StorePage{Rows: []org.Store{{ID: 1, Hash: "a", Changes30: 3}}, Total: 1}
	if err := NewStores(s, rows, org.Query{}, org.FilterChoices{}).Component().Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), `<span class="sub unit">30 days</span>`) {
		t.Error("the number of changes does not say of how many days")
	}
}

func TestPermissionsSayWhatTheyCount(t *testing.T) {
	q := org.Query{Roles: []org.Role{org.RoleOwner}}
	p := NewPermissions(sampleShell("/a/1/permissions"), samplePermissions(), q, sampleChoices())
	if len(p.Filter.Chips) != 1 || p.Filter.Chips[0].Text != "Role: Owner-like" || p.Filter.Chips[0].Href != "/a/1/permissions" {
		t.Errorf("chips %+v", p.Filter.Chips)
	}
	if href := p.Areas[len(p.Areas)-1].Lines[0].Href; !strings.Contains(href, "role=owner-like") || !strings.Contains(href, "permission=") {
		t.Errorf("the holders of the count are not behind it: %s", href)
	}
	p = NewPermissions(sampleShell("/a/1/permissions"), nil, q, sampleChoices())
	if p.Empty == nil || !strings.Contains(p.Empty.Title, "match") {
		t.Errorf("a filter that keeps nothing is told as %+v", p.Empty)
	}
}

func TestChipOfAUserNamesThem(t *testing.T) {
	choices := sampleChoices()
	choices.Users = []org.Choice{{Value: "4", Label: "Ann Reed"}}
	p := NewChanges(sampleShell("/a/1/changes"), org.ChangePage{}, org.Query{Users: []org.UserID{4, 5}}, choices)
	if len(p.Filter.Chips) != 2 || p.Filter.Chips[0].Text != "User: Ann Reed" || p.Filter.Chips[1].Text != "User: 5" {
		t.Errorf("chips %+v", p.Filter.Chips)
	}
}

func TestExportsLeadToBothSides(t *testing.T) {
	s := sampleShell("/a/1/exports")
	files := org.ExportPage{Rows: []org.ExportFile{{ID: 150, Name: "a.csv"}}, Total: 120, From: 51, Prev: "150", Next: "101"}
	p := NewExports(s, files, ExportForm{}, nil)
	if p.Pager.Prev != "/a/1/exports?before=150" || p.Pager.Next != "/a/1/exports?after=101" || p.Pager.Words != "51–51 of 120" {
		t.Errorf("got %+v", p.Pager)
	}
}
