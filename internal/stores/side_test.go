package stores_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
	"rollcall/internal/stores"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestStoresThatHangHoldUpNobody reads five stores that never answer and two hundred that do, with few slots.
func TestStoresThatHangHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Config{Shape: sandbox.Shape{Stores: 200, Users: 10, Uneventful: true}})
		answers := s.Transport()
		client := stores.New(stores.Config{URL: "http://local", Parallel: 4, Timeout: 30 * time.Second, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "/hangs") {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			time.Sleep(100 * time.Millisecond)
			return answers.RoundTrip(r)
		})})
		var all sync.WaitGroup
		var mu sync.Mutex
		var healthy, ill time.Duration
		began := time.Now()
		read := func(hash, secret string, last *time.Duration, want org.ProofState) {
			all.Go(func() {
				r := client.Read(t.Context(), stores.Token{StoreHash: hash, Secret: secret}, org.Proof{}, "", stores.Options{})
				mu.Lock()
				defer mu.Unlock()
				if *last = time.Since(began); r.Proof.State != want {
					t.Errorf("%s: %s (%s)", hash, r.Proof.State, r.Proof.Cause)
				}
			})
		}
		for i := range 5 {
			for range 3 {
				read(fmt.Sprintf("hangs%d", i), "x", &ill, org.ProofUnreadable)
			}
		}
		synctest.Wait()
		count := 0
		for _, c := range s.Credentials(s.UUIDs()[0]) {
			if c.Live() && c.WrongUUID == "" && count < 400 {
				count++
				read(c.StoreHash, c.Token, &healthy, org.ProofValid)
			}
		}
		all.Wait()
		if healthy > time.Minute || ill > 4*time.Minute || count < 200 {
			t.Errorf("%d healthy tokens took %v, the others %v", count, healthy, ill)
		}
		t.Logf("%d healthy tokens took %v, the others %v", count, healthy, ill)
	})
}

// TestAStoreIsReadWithinItsQuota reads the tokens of one store, whose window is small and which other clients use too.
func TestAStoreIsReadWithinItsQuota(t *testing.T) {
	for _, rest := range []sandbox.Rest{
		{Quota: 20, Foreign: 5},
		{Quota: 20, NoRateHeaders: true},
		{Quota: 20, NoRateHeaders: true, EmptyLimited: true, RetryAfter: "none"},
		{Quota: 20, RetryAfter: "fraction"},
	} {
		t.Run(fmt.Sprintf("%+v", rest), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := local(t, sandbox.Config{Rest: rest})
				var all sync.WaitGroup
				hash := someAccount(s).StoreHash
				for _, a := range truths(s) {
					if a.StoreHash != hash || !a.Live() {
						continue
					}
					all.Go(func() {
						r := client.Read(t.Context(), stores.Token{StoreHash: hash, Secret: a.Token}, org.Proof{}, "", stores.Options{Clients: true, Scopes: true})
						if !r.Proof.State.Works() || r.Hooks == nil || !r.Hooks.Whole {
							t.Errorf("%s (%s)", r.Proof.State, r.Proof.Cause)
						}
					})
				}
				all.Wait()
				refused := s.RestStats().ByStatus[429]
				if refused > 0 && !rest.NoRateHeaders || refused > 12 {
					t.Errorf("%d requests of %d were refused for the rate", refused, s.RestStats().Requests)
				}
			})
		})
	}
}
