package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/internal/sqlite"
	"rollcall/internal/sqlite/sqlitetest"
	"rollcall/web"
)

// BenchmarkPages measures whole answers, markup and compression included, with 1,000 stores, 100,000 accesses and
// 20,000 users and eight clients at once:
//
//	go test -run '^$' -bench BenchmarkPages -benchtime 2000x ./web
func BenchmarkPages(b *testing.B) {
	handler := bigSite(b)
	for _, path := range []string{
		"/a/1/", "/a/1/users", "/a/1/users?q=first12", "/a/1/users?sort=-login", "/a/1/users?role=owner-like&login=inactive", "/a/1/users/77",
		"/a/1/stores", "/a/1/stores/500", "/a/1/matrix", "/a/1/permissions", "/a/1/changes", "/a/1/snapshots", "/a/1/settings", "/a/1/exports",
	} {
		b.Run(strings.ReplaceAll(path, "/a/1/", ""), func(b *testing.B) { measure(b, handler, path) })
	}
}

// measure asks for a page with eight clients and reports the middle and the slowest hundredth.
func measure(b *testing.B, handler http.Handler, path string) {
	ask := func() time.Duration {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "localhost"
		r.Header.Set("Accept-Encoding", "gzip, zstd")
		w := httptest.NewRecorder()
		began := time.Now()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Errorf("status %d", w.Code)
		}
		return time.Since(began)
	}
	ask()
	var took []time.Duration
	var mu sync.Mutex
	b.SetParallelism(4) // times the cores
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			mine = append(mine, ask())
		}
		mu.Lock()
		took = append(took, mine...)
		mu.Unlock()
	})
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// bigSite is a demo server, so that no sign-in stands between, on a database of the size to design for.
func bigSite(b *testing.B) http.Handler {
	b.Helper()
	db := sqlitetest.Open(b)
	sqlitetest.Account(b, db, realUUID)
	for day := range 3 {
		writeDay(b, db, day)
	}
	if err := db.Warm(context.Background(), org.Scope{Account: 1}); err != nil {
		b.Fatal(err)
	}
	w := wiring{db: db}
	return web.New(web.Config{
		Reader: db, House: db, Syncs: w, Connector: w, Sessions: db.Sessions(), Addr: "127.0.0.1:8080", Spool: b.TempDir(), Version: "bench",
		Door: signin.New(db, signin.NewHasher(signin.DefaultCost), nil, time.Now), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Demo: &signin.Member{Name: "Demo", Email: "demo@example.com", Role: signin.Admin},
	}).Handler()
}

// writeDay writes a snapshot in which every hundredth access has other rights than the day before.
func writeDay(b *testing.B, db *sqlite.DB, day int) {
	b.Helper()
	ctx, now := context.Background(), time.Now()
	run, err := db.Begin(ctx, 1, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	sets := []org.PermissionSet{org.Preset(org.RoleSalesStaff), org.Preset(org.RoleAdministrator), org.Preset(org.RoleOwner), nil}
	list := &org.AccountRead{Absence: org.AbsenceProven, Read: org.FacetRead{Facet: org.FacetStores, State: org.FacetComplete, Expected: -1, Received: 1000, ReadAt: now}}
	for n := range 1000 {
		list.Stores = append(list.Stores, org.RemoteStore{APIID: fmt.Sprint("store/", n), Hash: fmt.Sprintf("hash%04d", n), Name: fmt.Sprint("Store ", n)})
	}
	for n, store := range list.Stores {
		read := org.StoreRead{Store: store, Absence: org.AbsenceProven, Read: org.FacetRead{Facet: org.FacetAccesses, State: org.FacetComplete, Expected: 100, Received: 100, ReadAt: now}}
		for i := range 100 {
			person := (n*37 + i*199) % 20_000
			set := sets[(person/7+i)%len(sets)]
			if (n+i)%100 == day {
				set = sets[(person+day)%len(sets)]
			}
			read.Users = append(read.Users, org.StoreUser{
				Permissions: set, RightsRead: true, Status: org.StatusActive, LastLogin: org.At(now.Add(-time.Duration(person) * time.Hour)),
				Identity: org.Identity{APIID: fmt.Sprint("user/", person), Email: fmt.Sprintf("user%d@example.com", person), FirstName: fmt.Sprint("First", person), LastName: "Last"},
			})
		}
		step := org.Step{State: []byte("x"), Stores: []org.StoreRead{read}}
		if n == 0 {
			step.StoreList = list
		}
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		b.Fatal(err)
	}
}
