package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

// register is a register of tokens in memory with the stores behind them: a TokenReader and a SweepHistory.
type register struct {
	mu     sync.Mutex
	house  *memory
	tokens []org.SweepToken
	swept  map[org.APIAccountID]org.SnapshotID
	reads  map[org.APIAccountID]int
	saves  []sweepSave
	now    int // tokens that are read at present
	most   int
	answer func(ctx context.Context, t org.SweepToken) org.TokenRead // may take its time; must obey ctx
	fail   func(save int) error
}

type sweepSave struct {
	snapshot org.SnapshotID
	at       time.Time
	ids      []org.APIAccountID
}

// withTokens gives every store of a house some tokens and the house a sweep. Each read takes a while.
func (h *house) withTokens(perStore int, takes time.Duration) *register {
	r := &register{house: h.memory, swept: map[org.APIAccountID]org.SnapshotID{}, reads: map[org.APIAccountID]int{}}
	for i, store := range h.stores {
		for range perStore {
			id := org.APIAccountID(len(r.tokens) + 1)
			r.tokens = append(r.tokens, org.SweepToken{
				APIAccount: org.APIAccount{ID: id, Name: fmt.Sprintf("Token %d", id), StoreHash: store.Hash, Store: org.StoreID(i + 1)},
				Store:      store,
			})
		}
	}
	r.answer = func(ctx context.Context, t org.SweepToken) org.TokenRead {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
		}
		return org.TokenRead{Proof: org.Proof{State: org.ProofValid}, Hooks: &org.HookRead{Whole: true}}
	}
	h.Sync.Sweep = &refresh.Sweep{Reader: r, History: r}
	return r
}

func (r *register) ReadToken(ctx context.Context, t org.SweepToken, _ refresh.Due) org.TokenRead {
	r.mu.Lock()
	r.now++
	r.most = max(r.most, r.now)
	r.reads[t.APIAccount.ID]++
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.now--
	}()
	return r.answer(ctx, t)
}

func (r *register) SweepTokens(_ context.Context, _ org.AccountID, since org.SnapshotID) ([]org.SweepToken, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	var list []org.SweepToken
	for _, t := range r.tokens {
		if _, known := r.house.known[t.Store.APIID]; !known {
			t.Store.APIID = ""
		}
		if r.swept[t.APIAccount.ID] < since {
			list = append(list, t)
		}
	}
	return list, nil
}

func (r *register) SaveSweep(_ context.Context, snapshot org.SnapshotID, reads []org.TokenRead) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(len(r.saves)); err != nil {
			return err
		}
	}
	if s, _ := r.house.Snapshot(context.Background(), snapshot); s.Closed() {
		return errors.New("saved into a closed snapshot")
	}
	save := sweepSave{snapshot: snapshot, at: time.Now()}
	for _, read := range reads {
		save.ids = append(save.ids, read.APIAccount)
		r.swept[read.APIAccount] = snapshot
	}
	r.saves = append(r.saves, save)
	return nil
}

func (r *register) LastClosed(context.Context, org.AccountID) (org.Snapshot, int, bool, error) {
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	for _, s := range slices.Backward(r.house.snapshots) {
		if s.Closed() {
			return s, 0, true, nil
		}
	}
	return org.Snapshot{}, 0, false, nil
}

// in counts the tokens that were saved in a snapshot.
func (r *register) in(snapshot org.SnapshotID) (n int) {
	for _, at := range r.swept {
		if at == snapshot {
			n++
		}
	}
	return n
}

func (r *register) read() (n int) {
	for _, times := range r.reads {
		n += times
	}
	return n
}

func TestTokensAreReadBesideTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(30, 20)
		h.slowly(3 * time.Second)
		r := h.withTokens(3, time.Second)
		start := time.Now()
		result := h.run(t, refresh.Options{Rest: true})
		h.mustHold(t)
		alone := time.Duration(result.Requests) * 3 * time.Second
		if result.State != org.Complete || len(h.snapshots) != 1 || r.in(1) != 90 || r.read() != 90 || time.Since(start) > alone+2*time.Second {
			t.Errorf("%+v with %d snapshots; %d tokens in %d reads, after %s", result, len(h.snapshots), r.in(1), r.read(), time.Since(start))
		}
		if r.most > 64 || r.most < 30 {
			t.Errorf("%d tokens at once", r.most)
		}
		h.run(t, refresh.Options{Rest: true})
		if r.in(2) != 90 || r.read() != 180 {
			t.Errorf("the next sync read %d tokens in %d reads", r.in(2), r.read()-90)
		}
	})
}

// TestAStoreThatHangsHoldsUpNothing: its tokens are read by the run for the rest, everything else at once.
func TestAStoreThatHangsHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(20, 10)
		r := h.withTokens(3, 100*time.Millisecond)
		quick := r.answer
		r.answer = func(ctx context.Context, token org.SweepToken) org.TokenRead {
			if token.Store.Hash != h.stores[7].Hash {
				return quick(ctx, token)
			}
			<-ctx.Done()
			return org.TokenRead{}
		}
		var closed time.Duration
		start := time.Now()
		result := h.run(t, refresh.Options{Rest: true, Closed: func(refresh.Result) { closed = time.Since(start) }})
		if closed > 5*time.Second || result.State != org.Complete || r.in(1) != 57 {
			t.Errorf("closed after %s with %d tokens: %+v", closed, r.in(1), result)
		}
		if len(h.snapshots) != 2 || h.snapshots[1].State != org.Complete || r.in(2) != 3 || time.Since(start) > 6*time.Minute {
			t.Errorf("snapshots %+v, %d tokens in the second, after %s", h.snapshots, r.in(2), time.Since(start))
		}
	})
}

func TestTokensAreReadWhileTheAccountWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 40)
		r := h.withTokens(2, time.Second)
		h.run(t, refresh.Options{})
		until := time.Now().Add(time.Hour)
		h.before = func(call int, _ []org.Want) error {
			if time.Now().Before(until) {
				return &org.LimitError{Until: until}
			}
			return nil
		}
		h.run(t, refresh.Options{})
		last := r.saves[len(r.saves)-1]
		if r.in(2) != 20 || last.at.After(until.Add(-50*time.Minute)) {
			t.Errorf("%d tokens, the last saved at %s, quota at %s", r.in(2), last.at, until)
		}
	})
}

// TestNoWaitReadsAllTokens: what stops at the account's quota has read the tokens, which have quotas of their own.
func TestNoWaitReadsAllTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 40)
		r := h.withTokens(2, 5*time.Second)
		r.house.known["store/000"] = org.KnownStore{RemoteStore: h.stores[0]}
		h.before = func(int, []org.Want) error { return &org.LimitError{Until: time.Now().Add(time.Hour)} }
		result := h.run(t, refresh.Options{NoWait: true, Rest: true})
		if !result.Resumable || result.State != org.Partial || r.in(1) != 20 || h.snapshots[0].Closed() {
			t.Errorf("%+v, %d tokens", result, r.in(1))
		}
		h.before = nil
		again := h.run(t, refresh.Options{NoWait: true, Rest: true})
		if again.State != org.Complete || again.Snapshot != 1 || r.read() != 20 || len(h.snapshots) != 1 {
			t.Errorf("%+v after %d reads", again, r.read())
		}
	})
}

// TestNoWaitStillReadsTheTokensThatAreLeft: they spend nothing that would have to be waited for.
func TestNoWaitStillReadsTheTokensThatAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := limitedToAccesses()
		r := h.withTokens(2, 10*time.Second)
		result := h.run(t, refresh.Options{NoWait: true, Rest: true})
		if result.State != org.Complete || result.Snapshot != 1 || r.in(1) != 0 || r.in(2) != 6 || len(h.snapshots) != 2 {
			t.Errorf("%+v; %d tokens, then %d", result, r.in(1), r.in(2))
		}
	})
}

func TestWithoutRestTokensAreLeftToTheNextSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(3, 5)
		r := h.withTokens(1, 10*time.Second)
		start := time.Now()
		result := h.run(t, refresh.Options{})
		if result.State != org.Complete || r.in(1) != 0 || len(h.snapshots) != 1 || time.Since(start) > 3*time.Second {
			t.Errorf("%+v, %d tokens after %s", result, r.in(1), time.Since(start))
		}
	})
}

// TestAFailingSweepSpoilsNoSync: the disk fails for it alone.
func TestAFailingSweepSpoilsNoSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(3, 5)
		h.slowly(time.Second)
		r := h.withTokens(1, time.Millisecond)
		broken := errors.New("disk full")
		r.fail = func(int) error { return broken }
		result, err := h.Sync.Run(t.Context(), testAccount, refresh.Options{Rest: true})
		if !errors.Is(err, broken) || result.State != org.Complete || !h.snapshots[0].Closed() {
			t.Errorf("got %+v, %v", result, err)
		}
		h.mustHold(t)
	})
}

func TestCancelStopsTheSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 10)
		r := h.withTokens(20, 3*time.Second)
		h.run(t, refresh.Options{})
		read := r.read()
		h.Sync.Sweep.Parallel = 4
		go func() {
			time.Sleep(10 * time.Second)
			h.memory.mu.Lock()
			h.memory.cancel = true
			h.memory.mu.Unlock()
		}()
		start := time.Now()
		result := h.run(t, refresh.Options{Rest: true, SweepOnly: true})
		if time.Since(start) > 15*time.Second || r.read()-read > 20 || result.Snapshot != 2 || !h.snapshots[1].Closed() || len(h.snapshots) != 2 {
			t.Errorf("after %s: %+v, %d reads, snapshots %+v", time.Since(start), result, r.read()-read, h.snapshots)
		}
	})
}

func TestStopKeepsWhatTokensShowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 10)
		h.slowly(10 * time.Second)
		r := h.withTokens(4, time.Second)
		h.Sync.Sweep.Parallel = 4
		h.run(t, refresh.Options{})
		before := r.read()
		ctx, stop := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer stop()
		if _, err := h.Sync.Run(ctx, testAccount, refresh.Options{}); err == nil {
			t.Fatal("a stopped run gave no error")
		}
		if r.in(2) != 16 {
			t.Errorf("%d tokens were kept", r.in(2))
		}
		h.run(t, refresh.Options{})
		if r.in(2) != 40 || r.read()-before != 44 {
			t.Errorf("%d tokens after %d reads", r.in(2), r.read()-before)
		}
	})
}
