package refresh_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

func down() error {
	return org.Problem(org.KindUnavailable, "BigCommerce does not answer.", errors.New("502"))
}

// asks tells whether a list is among the wants.
func asks(wants []org.Want, kind org.ListKind, store string) bool {
	return slices.ContainsFunc(wants, func(w org.Want) bool { return w.List == org.List{Kind: kind, Store: store} })
}

// isolating makes the remote ask for a want alone once it failed, as the planner does.
func (r *remote) isolating() refresh.Reader {
	return readerFunc(func(ctx context.Context, wants []org.Want) (org.Reading, error) {
		if wants[0].Tries > 0 {
			wants = wants[:1]
		} else {
			wants = slices.DeleteFunc(slices.Clone(wants), func(w org.Want) bool { return w.Tries > 0 })
		}
		return r.Read(ctx, wants)
	})
}

type readerFunc func(context.Context, []org.Want) (org.Reading, error)

func (f readerFunc) Read(ctx context.Context, wants []org.Want) (org.Reading, error) {
	return f(ctx, wants)
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(h *house)
		check func(t *testing.T, h house, result refresh.Result)
	}{
		{"an outage of seconds costs repeats only", func(h *house) {
			h.before = func(call int, _ []org.Want) error {
				if call >= 3 && call <= 5 {
					return down()
				}
				return nil
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			h.mustHold(t)
			if result.State != org.Complete || result.Repeated != 3 || result.Requests != h.requests || result.Waited < 3*time.Second {
				t.Errorf("got %+v", result)
			}
		}},
		{"an outage of hours leaves the run open", func(h *house) {
			start := time.Now()
			h.before = func(call int, _ []org.Want) error {
				if call >= 3 && time.Since(start) < 3*time.Hour {
					return down()
				}
				return nil
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || !result.Resumable || result.Reason != "BigCommerce does not answer." || result.Requests > 12 {
				t.Errorf("got %+v", result)
			}
			time.Sleep(3 * time.Hour)
			again := h.run(t, refresh.Options{})
			h.mustHold(t)
			if again.State != org.Complete || again.Snapshot != result.Snapshot {
				t.Errorf("got %+v", again)
			}
		}},
		{"an outage from the start names itself and closes nothing", func(h *house) {
			h.before = func(int, []org.Want) error { return down() }
		}, func(t *testing.T, h house, result refresh.Result) {
			if !result.Resumable || h.requests > 10 || h.snapshots[0].Closed() {
				t.Errorf("got %+v after %d requests", result, h.requests)
			}
		}},
		{"a store whose requests fail is given up, the others are read", func(h *house) {
			h.remote.nested = false
			h.Sync.Reader = h.remote.isolating()
			h.before = func(_ int, wants []org.Want) error {
				if asks(wants, org.ListAccesses, "store/003") {
					return down()
				}
				return nil
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || result.Resumable || result.Reason != "1 store could not be read completely: Store 3." {
				t.Errorf("got %+v", result)
			}
			if read := h.reads["store/003"][org.FacetAccesses].Read; read.State != org.FacetFailed || read.Error != "BigCommerce does not answer." {
				t.Errorf("got %+v", read)
			}
			if read := h.reads["store/004"][org.FacetAccesses].Read; read.State != org.FacetComplete {
				t.Errorf("got %+v", read)
			}
		}},
		{"a store whose pages fail is given up, the others are read", func(h *house) {
			h.after = func(page *org.Page) {
				if page.List.Store == "store/003" && page.List.Kind == org.ListAccesses && page.After != "" {
					*page = org.Page{List: page.List, After: page.After, Total: -1, Problem: "Internal server error.", Kind: org.KindBroken}
				}
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			read := h.reads["store/003"][org.FacetAccesses]
			if result.State != org.Partial || read.Read.State != org.FacetIncomplete || read.Absence != org.AbsenceNone || len(read.Users) != 10 {
				t.Errorf("got %+v, %+v", result, read.Read)
			}
		}},
		{"a refused token ends the sync at once", func(h *house) {
			h.before = func(call int, _ []org.Want) error {
				if call >= 4 {
					return org.Problem(org.KindUnauthorized, "BigCommerce refused the token.", nil)
				}
				return nil
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || result.Resumable || result.Reason != "BigCommerce refused the token." || h.requests != 4 {
				t.Errorf("got %+v after %d requests", result, h.requests)
			}
		}},
		{"missing scope for apps, told page by page, is found once for each kind", func(h *house) {
			h.after = func(page *org.Page) {
				if page.List.Kind == org.ListStoreApps || page.List.Kind == org.ListUserApps {
					*page = org.Page{List: page.List, After: page.After, Total: -1, Problem: "No scope for apps.", Kind: org.KindScope}
				}
			}
		}, checkAppsDenied(2)},
		{"missing scope for apps, told by a 403 for the whole request", func(h *house) {
			h.before = func(_ int, wants []org.Want) error {
				if slices.ContainsFunc(wants, func(w org.Want) bool {
					return w.List.Kind == org.ListStoreApps || w.List.Kind == org.ListUserApps
				}) {
					return org.Problem(org.KindScope, "No scope for apps.", nil)
				}
				return nil
			}
		}, checkAppsDenied(4)},
		{"missing scope for users ends the sync with the reason", func(h *house) {
			h.after = func(page *org.Page) {
				if page.List.Kind == org.ListAccesses || page.List.Kind == org.ListAccountUsers {
					*page = org.Page{List: page.List, After: page.After, Total: -1, Problem: "No scope for users.", Kind: org.KindScope}
				}
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || result.Resumable || result.Reason != "No scope for users." || h.requests != 1 {
				t.Errorf("got %+v after %d requests", result, h.requests)
			}
		}},
		{"missing scope for everything", func(h *house) {
			h.before = func(int, []org.Want) error {
				return org.Problem(org.KindScope, "The token is of another account.", nil)
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || result.Reason != "The token is of another account." || h.requests != 2 {
				t.Errorf("got %+v after %d requests", result, h.requests)
			}
		}},
		{"refusals for size are learned from at once", func(h *house) {
			h.before = func(call int, _ []org.Want) error {
				if call%6 != 0 {
					return org.Problem(org.KindTooComplex, "Too complex.", nil)
				}
				return nil
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			h.mustHold(t)
			if result.State != org.Complete || result.Waited != 0 {
				t.Errorf("got %+v", result)
			}
		}},
		{"refusals of every size end the sync", func(h *house) {
			h.before = func(int, []org.Want) error { return org.Problem(org.KindTooComplex, "Too complex.", nil) }
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || result.Resumable || h.requests != 12 || !strings.Contains(result.Reason, "every size") {
				t.Errorf("got %+v after %d requests", result, h.requests)
			}
		}},
		{"a rejected cursor begins the list anew", func(h *house) {
			once := true
			h.after = func(page *org.Page) {
				if once && page.List.Store == "store/002" && page.After != "" {
					once = false
					*page = org.Page{List: page.List, After: page.After, Total: -1, Problem: "Bad cursor.", Kind: org.KindRejected}
				}
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			h.mustHold(t)
			if result.State != org.Complete {
				t.Errorf("got %+v", result)
			}
		}},
		{"a failed entry in the store list hides a store", func(h *house) {
			h.after = func(page *org.Page) {
				if page.List.Kind == org.ListStores && len(page.Stores) > 2 {
					page.Stores, page.Cursors = slices.Delete(page.Stores, 2, 3), slices.Delete(page.Cursors, 2, 3)
					page.NullEdges = 1
				}
			}
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || !strings.Contains(result.Reason, "store list could not be read completely") {
				t.Errorf("got %+v", result)
			}
			if list := h.lists[org.FacetStores]; list.Read.State != org.FacetIncomplete || list.Absence != org.AbsenceNone {
				t.Errorf("got %+v", list)
			}
		}},
		{"answers of errors only are an outage, too", func(h *house) {
			start := time.Now()
			h.after = func(page *org.Page) {
				if time.Since(start) > time.Second && time.Since(start) < 3*time.Hour {
					*page = org.Page{List: page.List, After: page.After, Total: -1, Problem: "Internal server error.", Kind: org.KindBroken}
				}
			}
			h.slowly(400 * time.Millisecond)
		}, func(t *testing.T, h house, result refresh.Result) {
			if !result.Resumable || result.Requests > 14 {
				t.Errorf("got %+v", result)
			}
			time.Sleep(3 * time.Hour)
			if again := h.run(t, refresh.Options{}); again.State != org.Complete {
				t.Errorf("got %+v", again)
			}
			h.mustHold(t)
		}},
		{"an answer that lacks what was asked for", func(h *house) {
			h.Sync.Reader = readerFunc(func(ctx context.Context, wants []org.Want) (org.Reading, error) {
				reading, err := h.remote.Read(ctx, wants)
				reading.Pages = slices.DeleteFunc(reading.Pages, func(p org.Page) bool { return p.List.Store == "store/001" })
				return reading, err
			})
		}, func(t *testing.T, h house, result refresh.Result) {
			if result.State != org.Partial || result.Reason != "1 store could not be read completely: Store 1." {
				t.Errorf("got %+v", result)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := setup(6, 25)
				test.spoil(&h)
				test.check(t, h, h.run(t, refresh.Options{}))
			})
		})
	}
}

func checkAppsDenied(most int) func(*testing.T, house, refresh.Result) {
	return func(t *testing.T, h house, result refresh.Result) {
		h.mustHold(t)
		if result.State != org.Complete {
			t.Errorf("got %+v", result)
		}
		for id, reads := range h.reads {
			for _, facet := range []org.Facet{org.FacetApps, org.FacetUserApps} {
				if read := reads[facet].Read; read.State != org.FacetDenied || read.Error != "No scope for apps." {
					t.Errorf("%s %s: %+v", id, facet, read)
				}
			}
		}
		asked := 0
		for _, wants := range h.wants {
			if slices.ContainsFunc(wants, func(w org.Want) bool {
				return w.List.Kind == org.ListStoreApps || w.List.Kind == org.ListUserApps
			}) {
				asked++
			}
		}
		if asked > most {
			t.Errorf("apps were asked for %d times", asked)
		}
	}
}

func TestCancelClosesAsPartial(t *testing.T) {
	for name, waiting := range map[string]bool{"between requests": false, "while waiting for quota": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := setup(6, 25)
				h.before = func(call int, _ []org.Want) error {
					if call < 3 {
						return nil
					}
					if waiting {
						return &org.LimitError{Until: time.Now().Add(time.Hour)}
					}
					return down()
				}
				time.AfterFunc(time.Minute, func() {
					h.memory.mu.Lock()
					defer h.memory.mu.Unlock()
					h.cancel = true
				})
				start := time.Now()
				result := h.run(t, refresh.Options{Rest: true})
				if result.State != org.Partial || result.Resumable || result.Reason != "The sync was cancelled." || time.Since(start) > 2*time.Minute {
					t.Errorf("got %+v after %s", result, time.Since(start))
				}
				if len(h.snapshots) != 1 {
					t.Errorf("%d snapshots: something went on after the cancellation", len(h.snapshots))
				}
			})
		})
	}
}

func TestStoresComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(6, 25)
		h.run(t, refresh.Options{})
		h.stores = slices.Delete(h.stores, 2, 3)
		h.stores = append(h.stores, org.RemoteStore{APIID: "store/100", Hash: "hash100", Name: "New"})
		h.users["store/100"] = []string{"user/1", "user/2"}
		clear(h.reads)
		result := h.run(t, refresh.Options{})
		h.mustHold(t)
		if result.State != org.Complete {
			t.Errorf("got %+v", result)
		}
		if _, found := h.reads["store/002"][org.FacetAccesses]; found {
			t.Error("the store that is no longer listed got a read")
		}
	})
}

// TestKilledAnywhere ends a sync at each of its saves, as a kill would, and lets the next run go on.
func TestKilledAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := setup(7, 35)
		whole.size = 4
		whole.run(t, refresh.Options{})
		for kill := range len(whole.saves) + 1 {
			h := setup(7, 35)
			h.size = 4
			h.Sync.History = &mortal{memory: h.memory, saves: kill}
			if _, err := h.Sync.Run(t.Context(), testAccount, refresh.Options{}); !errors.Is(err, errKilled) {
				t.Fatalf("kill %d: %v", kill, err)
			}
			h.memory.owner = ""
			h.Sync.History = h.memory
			result := h.run(t, refresh.Options{})
			h.mustHold(t)
			if result.State != org.Complete || h.requests > whole.requests+1 || len(h.snapshots) != 1 {
				t.Errorf("kill %d: %d requests, undisturbed %d, %+v", kill, h.requests, whole.requests, result)
			}
		}
	})
}

var errKilled = errors.New("killed")

// mortal dies at a save: nothing of it is kept.
type mortal struct {
	*memory
	saves int
}

func (m *mortal) Save(ctx context.Context, id org.SnapshotID, step org.Step) error {
	if m.saves == 0 {
		return errKilled
	}
	m.saves--
	return m.memory.Save(ctx, id, step)
}

func (m *mortal) Close(ctx context.Context, id org.SnapshotID, state org.SnapshotState, reason string) (org.Snapshot, error) {
	if m.saves == 0 {
		return org.Snapshot{}, errKilled
	}
	return m.memory.Close(ctx, id, state, reason)
}
