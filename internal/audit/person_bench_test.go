package audit

import (
	"fmt"
	"testing"

	"rollcall/internal/org"
)

// town is the stream of a large account: stores with a hundred users each, five stores to a user, a few hundred
// permission sets, and some of everything that rules look for.
type town struct {
	frame  Frame
	stores []org.Store
	people []org.Identity
	sets   []org.PermissionSet
	rows   []org.AccessRef
}

func newTown(stores, each, users int) *town {
	t := &town{frame: calm().frame}
	t.frame.Labels = map[org.StoreID][]string{}
	for s := range stores {
		id := org.StoreID(s + 1)
		t.stores = append(t.stores, org.Store{ID: id, Hash: fmt.Sprintf("s%05d", s), Name: fmt.Sprintf("Store %d", s), Facets: []org.FacetRead{
			{Facet: org.FacetAccesses, State: org.FacetComplete, ReadAt: judgedAt},
		}})
		t.frame.Labels[id] = []string{[]string{"eu", "us", "apac"}[s%3], "live"}
	}
	for u := range users {
		domain := "corp.example"
		if u%25 == 0 {
			domain = "agency.example"
		} else if u%40 == 1 {
			domain = "gmail.com"
		}
		t.people = append(t.people, org.Identity{
			Email:     fmt.Sprintf("%s.%s%d@%s", firsts[u%len(firsts)], lasts[u/7%len(lasts)], u, domain),
			FirstName: firsts[u%len(firsts)], LastName: fmt.Sprint(lasts[u/7%len(lasts)], u/3),
		})
	}
	t.sets = []org.PermissionSet{org.Preset(org.RoleOwner), org.Preset(org.RoleAdministrator), staff()}
	owner := org.Preset(org.RoleOwner)
	for i := range 400 {
		t.sets = append(t.sets, org.NewPermissionSet(plus(staff(), owner[i%len(owner)], owner[i*7%len(owner)], owner[i*13%len(owner)])))
	}
	for s := range stores {
		t.fill(s, each, users)
	}
	for i := range 500 {
		r := t.rows[i*len(t.rows)/500]
		t.frame.Changes = append(t.frame.Changes, org.ChangeRow{
			ID: int64(i), Snapshot: 40, Kind: string(AccessAdded), Store: r.Store, User: r.User, Email: t.people[r.User-1].Email, SeenAt: judgedAt,
		})
	}
	t.frame.Roster = &Roster{Name: "HR", At: judgedAt}
	for u, who := range t.people {
		if u%50 == 0 {
			who.Email = "x" + who.Email
		}
		if u%30 != 7 {
			t.frame.Roster.Entries = append(t.frame.Roster.Entries, RosterEntry{Line: u + 2, Email: who.Email, Name: who.Name()})
		}
	}
	return t
}

var (
	firsts = []string{"anna", "ben", "carla", "dan", "eva", "fritz", "gina", "hugo", "ines", "jan", "kim", "lea", "max", "nina"}
	lasts  = []string{"abel", "berg", "conti", "dubois", "engel", "fischer", "garcia", "hansen", "ivanov", "jansen", "kowalski"}
)

// fill puts users into a store.
func (t *town) fill(s, each, users int) {
	seen := map[int]bool{}
	for k := range each {
		u := (s*each/5 + k*17) % users
		for seen[u] {
			u = (u + 1) % users
		}
		seen[u] = true
		set := 3 + (u*31+s/40)%400
		switch {
		case k == 0:
			set = 1
		case k < 3:
			set = 2
		case k > 60:
			set = 3
		}
		login := judgedAt.AddDate(0, 0, -(u*s)%110).Unix()
		if k%30 == 29 {
			login = 0
		}
		t.rows = append(t.rows, org.AccessRef{
			Store: org.StoreID(s + 1), User: org.UserID(u + 1), Person: int64(u + 1), Set: int64(set), Status: org.StatusActive, LastLogin: login,
			FirstSeen: daysAgo(200).Unix(),
		})
	}
}

func (t *town) gather(tb testing.TB) *People {
	g := NewGather(t.frame)
	sink := g.Sink()
	for _, s := range t.stores {
		sink.Store(s)
	}
	for i, who := range t.people {
		sink.User(org.UserID(i+1), "")
		sink.Person(int64(i+1), who)
	}
	for i, set := range t.sets {
		sink.Set(int64(i+1), set, org.RoleOf(set), false)
	}
	for _, r := range t.rows {
		if err := sink.Row(r); err != nil {
			tb.Fatal(err)
		}
	}
	for i, who := range t.people {
		g.List(ListedUser{ID: org.UserID(i + 1), InAccount: org.Yes, Who: who, FirstSeen: daysAgo(300).Unix()})
	}
	return g.People()
}

func townPolicy() Policy {
	return Policy{CompanyDomains: []string{"corp.example"}, Owners: []Holder{{Email: "@corp.example"}}, Baselines: []Baseline{{Store: "s00000", Compare: CompareRights}}}
}

// BenchmarkGather packs 100,000 accesses of 20,000 users in 1,000 stores.
//
//	go test -run '^$' -bench 'Gather|Evaluate|Next' ./internal/audit
func BenchmarkGather(b *testing.B) {
	t := newTown(1000, 100, 20_000)
	b.ReportAllocs()
	for b.Loop() {
		if t.gather(b).Accesses() != 100_000 {
			b.Fatal("not all")
		}
	}
}

// BenchmarkEvaluate applies all rules about people to 100,000 accesses, with a list of 19,000 people.
func BenchmarkEvaluate(b *testing.B) {
	p := newTown(1000, 100, 20_000).gather(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		found, cover := Evaluate(townPolicy(), p, judgedAt)
		n = len(found)
		cover.Rules()
	}
	b.ReportMetric(float64(n), "findings")
}

// BenchmarkNext takes these findings into what was kept the day before.
func BenchmarkNext(b *testing.B) {
	p := newTown(1000, 100, 20_000).gather(b)
	found, cover := Evaluate(townPolicy(), p, judgedAt)
	states := Next(nil, found, cover.Doubt, Turn{39, daysAgo(1)}, nil)
	b.ReportAllocs()
	for b.Loop() {
		Next(states, found[len(found)/10:], cover.Doubt, Turn{40, judgedAt}, nil)
	}
}
