package refresh_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

func TestProgressTellsWhereASyncStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(24, 60)
		h.slowly(2 * time.Second)
		h.run(t, refresh.Options{}) // sizes are known from here on
		until := time.Now().Add(time.Hour)
		calls := 0
		h.before = func(int, []org.Want) error {
			if calls++; calls > 6 && time.Now().Before(until) {
				return &org.LimitError{Until: until}
			}
			return nil
		}
		h.memory.saves = nil
		h.run(t, refresh.Options{})
		last := org.Progress{}
		waited := false
		for i, step := range h.memory.saves {
			p := step.Progress
			if p.Account != 1 || p.Snapshot != 2 || p.Phase == "" {
				t.Errorf("save %d: %+v", i, p)
			}
			if p.Requests < last.Requests || p.StoresDone < last.StoresDone || p.Accesses < last.Accesses {
				t.Errorf("save %d goes back: %+v after %+v", i, p, last)
			}
			if !p.WaitUntil.IsZero() {
				waited = true
				if p.WaitReason != "The hourly quota of the account is used up." || !p.WaitUntil.Equal(until) || p.EstimatedEnd.Before(until) {
					t.Errorf("waiting: %+v", p)
				}
			}
			last = p
		}
		if !waited || last.StoresAll != 24 || last.StoresDone != 24 || last.Accesses != 24*60 || last.StoresFailed != 0 {
			t.Errorf("waited %v, at the end %+v", waited, last)
		}
	})
}

func TestResultAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(2, 3)
		data, err := json.Marshal(h.run(t, refresh.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		want := `{"account":"01234567-89ab-cdef-0123-456789abcdef","snapshot":1,"state":"complete","resumable":false,` +
			`"started_at":"2000-01-01T00:00:00Z","finished_at":"2000-01-01T00:00:00Z","stores":2,"stores_failed":0,"users":0,` +
			`"access":6,"requests":2,"requests_repeated":0,"waited_ms":0}`
		if string(data) != want {
			t.Errorf("got  %s\nwant %s", data, want)
		}
		h.before = func(int, []org.Want) error { return &org.LimitError{Until: time.Now().Add(time.Hour)} }
		if data, _ = json.Marshal(h.run(t, refresh.Options{NoWait: true})); !strings.Contains(string(data), `"state":"partial","resumable":true`) ||
			!strings.Contains(string(data), `"finished_at":null`) {
			t.Errorf("got %s", data)
		}
	})
}
