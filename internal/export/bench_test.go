package export_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"rollcall/internal/export"
	"rollcall/internal/org"
)

// BenchmarkEncode measures what encoding costs alone: a million accesses from memory to nowhere, hash included.
//
//	go test -run '^$' -bench Encode -benchtime 3x ./internal/export
func BenchmarkEncode(b *testing.B) {
	source := newCrowd(1000, 1000, 20_000)
	for _, format := range export.Formats() {
		b.Run(string(format), func(b *testing.B) {
			b.ReportAllocs()
			before := anonymous(b)
			peak := before
			for b.Loop() {
				w := &watching{b: b, peak: &peak}
				m, err := export.Write(context.Background(), source, testJob(export.Access, format), w)
				if err != nil || m.Rows.Delivered != 1_000_000 {
					b.Fatal(m.Rows, err)
				}
				b.SetBytes(m.Bytes)
			}
			b.ReportMetric(float64(peak-before)/1024, "MB-more-RssAnon")
		})
	}
}

// watching looks now and then how much memory the process has of its own.
type watching struct {
	b     *testing.B
	calls int
	peak  *int
}

func (w *watching) Write(p []byte) (int, error) {
	if w.calls++; w.calls%200 == 0 {
		*w.peak = max(*w.peak, anonymous(w.b))
	}
	return io.Discard.Write(p)
}

// anonymous is RssAnon in KB, 0 on systems that do not tell.
func anonymous(tb testing.TB) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	kb := 0
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		tb.Fatal(err)
	}
	return kb
}

// crowd is a made-up account of any size.
type crowd struct {
	fake
	perStore, people int
}

func newCrowd(stores, perStore, people int) *crowd {
	c := &crowd{perStore: perStore, people: people}
	names := org.Preset(org.RoleOwner)
	c.sets = map[int64]org.PermissionSet{}
	for i := range 300 {
		var set org.PermissionSet
		for j, name := range names {
			if (j*7+i*13)%300 < 90 || i%50 == 0 {
				set = append(set, name)
			}
		}
		c.sets[int64(i+1)] = org.NewPermissionSet(append(set, fmt.Sprintf("Unheard_Of_%d", i)))
	}
	for i := range stores {
		c.stores = append(c.stores, org.Store{
			ID: org.StoreID(i + 1), Hash: fmt.Sprintf("s%07x", i*7919), Name: fmt.Sprintf("Store %d, Europe", i),
			APIID:  fmt.Sprintf("bc/account/store/%d", i),
			Facets: []org.FacetRead{{Facet: org.FacetAccesses, State: org.FacetComplete, Received: perStore, ReadAt: at("2026-03-31T02:10:09Z")}},
		})
	}
	return c
}

func (c *crowd) EachAccessRef(ctx context.Context, _ org.Scope, _ org.Query, _ org.Settings, sink org.AccessSink) error {
	for _, s := range c.stores {
		sink.Store(s)
	}
	for i := range c.people {
		sink.User(org.UserID(i+1), fmt.Sprintf("bc/account/user/01234567-89ab-cdef-0123-%012d", i))
		sink.Person(int64(i+1), org.Identity{Email: fmt.Sprintf("person.%d@example.test", i), FirstName: "First", LastName: fmt.Sprintf("Last %d", i), Locale: "en"})
	}
	for id, set := range c.sets {
		sink.Set(id, set, org.RoleOf(set), len(set.Privileged()) > 0)
	}
	day := at("2026-03-31T00:00:00Z").Unix()
	for _, s := range c.stores {
		for i := range c.perStore {
			n := int64(s.ID)*31 + int64(i)*17
			who := n%int64(c.people) + 1
			ref := org.AccessRef{
				Store: s.ID, User: org.UserID(who), Person: who, Set: n%300 + 1, Status: org.StatusActive,
				LastLogin: day - n*997%(400*86400), Updated: day - n*31%(900*86400), FirstSeen: day - n*7%(900*86400),
			}
			if err := sink.Row(ref); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (c *crowd) CountAccess(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return len(c.stores) * c.perStore, nil
}
