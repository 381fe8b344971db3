package stores_test

import (
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
	"rollcall/internal/stores"
)

// unread are faults after which nothing can be said of the webhooks, with the state that they leave.
func unread() map[sandbox.StoreFaultKind]org.ProofState {
	states := map[sandbox.StoreFaultKind]org.ProofState{
		"401": org.ProofRevoked, "401-long": org.ProofRevoked, "401-format": org.ProofRevoked, "401-text": org.ProofUnreadable,
		"403": org.ProofWrongStore, "403-access": org.ProofWrongStore, "403-old": org.ProofWrongStore, "404-hash": org.ProofWrongStore, "404-entity": org.ProofWrongStore,
		"503": org.ProofSuspended, "503-html": org.ProofSuspended, "503-suspended": org.ProofSuspended,
		sandbox.StoreLimited: org.ProofBusy, sandbox.StoreDecimal: org.ProofBusy, sandbox.StorePlatform: org.ProofBusy, sandbox.StoreEmptyLimit: org.ProofBusy, sandbox.StoreLimitAs500: org.ProofBusy,
	}
	for _, kind := range []sandbox.StoreFaultKind{
		sandbox.StoreDropped, sandbox.StoreHanging, sandbox.StoreRedirect, sandbox.StoreRedirectOwn, sandbox.StoreCut, sandbox.StoreDropBody,
		"304", "404-route", "500", "500-empty", "502", "502-json", "504", "507", "empty", "error-as-200", "graphql-as-null", "html", "html-as-json", "text", "wrong-shape",
	} {
		states[kind] = org.ProofUnreadable
	}
	for _, kind := range []sandbox.StoreFaultKind{"400", "422-array", "422-code", "422-detail", "422-filter", "422-instance", "422-message", "v2-array", "v2-details", "v2-object"} {
		states[kind] = org.ProofValid
	}
	return states
}

func TestEveryFaultOfALocalBigCommerceIsNamedAndLosesNothing(t *testing.T) {
	s := sandbox.New(sandbox.Config{})
	a, bad := someAccount(s), unread()
	for _, kind := range sandbox.AllStoreFaults {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := local(t, sandbox.Config{})
				s.FaultStoreKinds(a.StoreHash, kind)
				began := time.Now()
				read := client.Read(t.Context(), stores.Token{StoreHash: a.StoreHash, Secret: a.Token}, org.Proof{}, a.AccountUUID, stores.Options{Scopes: true})
				state, isBad := bad[kind]
				switch {
				case time.Since(began) > 2*time.Minute:
					t.Errorf("took %v", time.Since(began))
				case isBad && (read.Hooks != nil || read.Proof.State != state || read.Proof.Cause == ""):
					t.Errorf("hooks %v, %s (%s), want %s", read.Hooks, read.Proof.State, read.Proof.Cause, state)
				case isBad:
				case read.Hooks == nil || !read.Proof.State.Works():
					t.Errorf("%s (%s)", read.Proof.State, read.Proof.Cause)
				case read.Hooks.Whole && len(read.Hooks.Hooks) != len(a.Hooks):
					t.Errorf("%d webhooks of %d, said to be whole", len(read.Hooks.Hooks), len(a.Hooks))
				case !read.Hooks.Whole && kind != "no-content":
					t.Errorf("not whole: %s", read.Hooks.Problem)
				}
			})
		})
	}
}
