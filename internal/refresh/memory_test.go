package refresh_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"rollcall/internal/org"
)

// memory is a history and a lease in memory. Everything that is saved passes through JSON, as it does on disk.
type memory struct {
	mu        sync.Mutex
	now       func() time.Time
	snapshots []org.Snapshot
	state     []byte
	staged    []org.Page
	progress  org.Progress
	cancel    bool
	lists     map[org.Facet]org.AccountRead
	reads     map[string]map[org.Facet]org.StoreRead
	known     map[string]org.KnownStore
	people    int
	bills     int
	owner     string
	beat      time.Time
	saves     []org.Step
	failSave  error
}

func newMemory(now func() time.Time) *memory {
	return &memory{
		now: now, lists: map[org.Facet]org.AccountRead{}, reads: map[string]map[org.Facet]org.StoreRead{},
		known: map[string]org.KnownStore{}, people: -1, bills: -1,
	}
}

func (m *memory) last() *org.Snapshot {
	if len(m.snapshots) == 0 || m.snapshots[len(m.snapshots)-1].Closed() {
		return nil
	}
	return &m.snapshots[len(m.snapshots)-1]
}

func (m *memory) Begin(_ context.Context, account org.AccountID, maxAge time.Duration) (org.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.last(); s != nil && m.now().Sub(s.Started) > maxAge {
		s.State, s.Finished, s.Reason = org.Partial, m.now(), "too old"
		m.state, m.staged = nil, nil
	}
	run := org.Run{AccountUsers: m.people, Subscriptions: m.bills}
	for _, store := range m.known {
		run.Known = append(run.Known, store)
	}
	slices.SortFunc(run.Known, func(a, b org.KnownStore) int { return len(a.APIID) - len(b.APIID) })
	if s := m.last(); s != nil {
		run.Snapshot, run.Resumed, run.State, run.Staged = *s, true, m.state, slices.Clone(m.staged)
		return run, nil
	}
	m.snapshots = append(m.snapshots, org.Snapshot{ID: org.SnapshotID(len(m.snapshots) + 1), Account: account, Started: m.now(), State: org.Running})
	m.state, m.staged, m.cancel = nil, nil, false
	run.Snapshot = *m.last()
	return run, nil
}

func (m *memory) Save(_ context.Context, id org.SnapshotID, step org.Step) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failSave != nil {
		return m.failSave
	}
	if s := m.last(); s == nil || s.ID != id {
		return fmt.Errorf("save into snapshot %d, which is not open", id)
	}
	step = throughJSON(step)
	m.saves = append(m.saves, step)
	m.state, m.progress = step.State, step.Progress
	m.staged = slices.DeleteFunc(m.staged, func(p org.Page) bool { return slices.Contains(step.Unstage, p.List) })
	m.staged = append(m.staged, step.Stage...)
	if step.StoreList != nil {
		m.lists[org.FacetStores] = *step.StoreList
	}
	if step.AccountUsers != nil {
		m.lists[org.FacetAccountUsers] = *step.AccountUsers
		m.people = step.AccountUsers.Read.Received
	}
	if step.Subscribed != nil {
		m.lists[org.FacetSubscriptions] = *step.Subscribed
		m.bills = step.Subscribed.Read.Received
	}
	for _, read := range step.Stores {
		m.keep(read)
	}
	return nil
}

func (m *memory) keep(read org.StoreRead) {
	id := read.Store.APIID
	if m.reads[id] == nil {
		m.reads[id] = map[org.Facet]org.StoreRead{}
	}
	m.reads[id][read.Read.Facet] = read
	if read.Read.Facet == org.FacetAccesses && read.Read.State == org.FacetComplete {
		m.known[id] = org.KnownStore{RemoteStore: read.Store, Accesses: len(read.Users), Apps: -1, Read: true}
	}
}

func (m *memory) Close(_ context.Context, id org.SnapshotID, state org.SnapshotState, reason string) (org.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.last()
	if s == nil || s.ID != id {
		return org.Snapshot{}, fmt.Errorf("close snapshot %d, which is not open", id)
	}
	s.State, s.Reason, s.Finished, s.Requests = state, reason, m.now(), m.progress.Requests
	for _, reads := range m.reads {
		s.Stores++
		s.Accesses += len(reads[org.FacetAccesses].Users)
	}
	m.state, m.staged = nil, nil
	return *s, nil
}

func (m *memory) Cancelled(context.Context, org.SnapshotID) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cancel, nil
}

func (m *memory) Progress(context.Context, org.AccountID) (org.Progress, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.progress, m.last() != nil && m.progress.Snapshot == m.last().ID, nil
}

func (m *memory) Snapshot(_ context.Context, id org.SnapshotID) (org.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.snapshots[id-1], nil
}

func (m *memory) Acquire(_ context.Context, _ org.AccountID, owner string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.owner != "" && m.owner != owner && m.now().Sub(m.beat) < ttl {
		return false, nil
	}
	m.owner, m.beat = owner, m.now()
	return true, nil
}

func (m *memory) Release(_ context.Context, _ org.AccountID, owner string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.owner == owner {
		m.owner = ""
	}
	return nil
}

func throughJSON[T any](value T) T {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var out T
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}
