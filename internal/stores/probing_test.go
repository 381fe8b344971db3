package stores

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

// TestKnownScopesAreNotAskedForAgain counts what a daily sweep costs.
func TestKnownScopesAreNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		client := f.client()
		first := client.Read(t.Context(), opened, org.Proof{}, someUUID, Options{})
		if want := []string{"GET /v3/hooks?limit=250&page=1", "GET /v3/hooks/admin", "POST /graphql"}; !slices.Equal(f.requests, want) {
			t.Errorf("first: %v", f.requests)
		}
		f.requests = nil
		second := client.Read(t.Context(), opened, first.Proof, someUUID, Options{})
		if len(f.requests) != 2 || !slices.Equal(second.Proof.Scopes, first.Proof.Scopes) || !second.Proof.ScopesWhole {
			t.Errorf("second: %v %+v", f.requests, second.Proof)
		}
	})
}

func TestABadMomentOfTheIdentityKeepsWhatItTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		first := f.client().Verify(t.Context(), opened, org.Proof{}, someUUID)
		time.Sleep(30 * 24 * time.Hour)
		f.say("POST /graphql", 502, "<html>")
		f.requests = nil
		p := f.client().Verify(t.Context(), opened, first, someUUID)
		if p.State != org.ProofValid || !slices.Equal(p.Scopes, first.Scopes) || p.ScopesAt != first.ScopesAt || p.ScopesBy != org.ScopesByGraphQL {
			t.Errorf("%+v", p)
		}
		f.say("POST /graphql", 404, `{"title":"no"}`) // it is not offered any more: probes may have the word
		p = f.client().Verify(t.Context(), opened, first, someUUID)
		if p.ScopesBy != org.ScopesByProbes || p.ScopesWhole {
			t.Errorf("%+v", p)
		}
	})
}

// TestProbesLeaveQuotaToOthers lets the store tell that others use it heavily.
func TestProbesLeaveQuotaToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		busy := map[string]string{"X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Requests-Left": "60", "X-Rate-Limit-Time-Reset-Ms": "10000"}
		answers := map[string]answer{}
		for _, p := range probes {
			answers[p.path] = answer{200, `{"data":[]}`, busy}
		}
		withoutIdentity(f, answers)
		began := time.Now()
		p := f.client().Verify(t.Context(), opened, org.Proof{}, "")
		if took := time.Since(began); took < 90*time.Second || took > 4*time.Minute || p.State != org.ProofValid || len(p.Scopes) == 0 {
			t.Errorf("took %v: %+v", took, p)
		}
	})
}
