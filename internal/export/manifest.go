package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// Manifest says what a file holds, of which moment, how complete it is and who made it (design 6).
type Manifest struct {
	File         string            `json:"file,omitempty"` // name without folder; empty when it went to a pipe
	Kind         Kind              `json:"kind"`
	Format       Format            `json:"format"`
	Account      ManifestAccount   `json:"account"`
	Scope        string            `json:"scope"`         // all stores, or how many
	Filters      string            `json:"filters"`       // query string of the page that lists the same rows
	InactiveDays int               `json:"inactive_days"` // threshold behind login_state
	Snapshot     ManifestSnapshot  `json:"snapshot"`
	Rows         ManifestRows      `json:"rows"`
	Stores       ManifestStores    `json:"stores"`
	List         *ManifestList     `json:"list,omitempty"`     // of kinds that rest on a list of their own
	Coverage     *ManifestCoverage `json:"coverage,omitempty"` // of kinds that rest on registered tokens
	Complete     bool              `json:"complete"`           // every store read completely and every expected row delivered
	Completeness string            `json:"completeness"`
	ActivityHead org.ActivityHead  `json:"activity_head"` // of the activity log before this file: "dashboard verify --head" proves it
	MadeBy       string            `json:"made_by"`
	MadeAt       time.Time         `json:"made_at"`
	Version      string            `json:"version"`
	Bytes        int64             `json:"bytes"`
	SHA256       string            `json:"sha256"`
}

// ManifestAccount names the account.
type ManifestAccount struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

// ManifestSnapshot names the snapshot and when its stores were read.
type ManifestSnapshot struct {
	ID         org.SnapshotID    `json:"id"`
	State      org.SnapshotState `json:"state"`
	Reason     string            `json:"reason,omitempty"`
	StartedAt  *time.Time        `json:"started_at"`
	FinishedAt *time.Time        `json:"finished_at"`
	ReadFrom   *time.Time        `json:"read_from"` // oldest and newest read that the accesses rest on
	ReadTo     *time.Time        `json:"read_to"`
}

// ManifestRows counts rows without the header. Expected is null when nobody counted beforehand.
type ManifestRows struct {
	Expected  *int `json:"expected"`
	Delivered int  `json:"delivered"`
}

// ManifestStores counts the stores of the scope that the filters name.
type ManifestStores struct {
	All      int           `json:"all"`
	Complete int           `json:"complete"` // accesses read to the end
	UserApps int           `json:"user_apps_complete"`
	Failed   []FailedStore `json:"failed"`
}

// FailedStore is a store whose accesses are not complete in the snapshot; its last known data still counts.
type FailedStore struct {
	Hash     string         `json:"store_hash"`
	Name     string         `json:"store_name"`
	State    org.FacetState `json:"state"`
	Expected *int           `json:"expected"`
	Received int            `json:"received"`
	ReadAt   *time.Time     `json:"read_at"` // of the data in the file; null when never read
	Reason   string         `json:"reason"`
}

// JSON is the manifest as a file, indented.
func (m Manifest) JSON() []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // filters are full of &
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		panic(err) // plain fields only
	}
	return text.Bytes()
}

func newManifest(ctx context.Context, source Source, job Job) (Manifest, error) {
	m := Manifest{
		Kind: job.Kind, Format: job.Format, Account: ManifestAccount{job.Account.UUID, job.account().Name},
		Scope: "all stores", Filters: job.Query.FirstPage().Encode(), InactiveDays: job.Query.Threshold(job.Settings),
		Snapshot: manifestSnapshot(job.Snapshot), Stores: ManifestStores{Failed: []FailedStore{}},
		MadeBy: job.By, MadeAt: job.at(), Version: job.Version,
	}
	if job.Scope.Stores != nil {
		m.Scope = fmt.Sprintf("%d chosen stores", len(job.Scope.Stores))
	}
	var err error
	if m.ActivityHead, err = source.ActivityHead(ctx); err != nil {
		return m, err
	}
	if m.Rows.Expected, err = expected(ctx, source, job); err != nil {
		return m, err
	}
	if m.Coverage, err = coverageOf(ctx, source, job); err != nil {
		return m, err
	}
	if m.List, err = listOf(ctx, source, job); err != nil || readsStores[job.Kind] || job.Kind.Timeless() {
		return m, err
	}
	return m, source.EachStore(ctx, job.Scope, job.storeQuery(), job.Settings, func(s org.Store) error { m.Stores.add(s); return nil })
}

// readsStores are the kinds whose rows bring their stores along: asking for stores and their counts beforehand could
// cost more memory than the rows.
var readsStores = map[Kind]bool{Access: true, PermissionMatrix: true}

// noting is a source that notes for the manifest which stores it hands out.
type noting struct {
	Source
	stores *ManifestStores
}

func (n noting) EachAccessRef(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, sink org.AccessSink) error {
	*n.stores = ManifestStores{Failed: []FailedStore{}} // accesses may be read twice
	add := sink.Store
	sink.Store = func(s org.Store) { n.stores.add(s); add(s) }
	return n.Source.EachAccessRef(ctx, scope, q, s, sink)
}

func manifestSnapshot(s org.Snapshot) ManifestSnapshot {
	return ManifestSnapshot{
		ID: s.ID, State: s.State, Reason: s.Reason, StartedAt: timeOrNull(s.Started),
		FinishedAt: timeOrNull(s.Finished), ReadFrom: timeOrNull(s.ReadFrom), ReadTo: timeOrNull(s.ReadTo),
	}
}

// expected tells how many rows there should be: what the snapshot counted when it closed, or else what the source
// counts for the filters; nil when nobody counts.
func expected(ctx context.Context, source Source, job Job) (*int, error) {
	count := map[Kind]func(context.Context, org.Scope, org.Query, org.Settings) (int, error){
		Access: source.CountAccess, PermissionMatrix: source.CountAccess,
		Users: source.CountUsers, Matrix: source.CountUsers, Changes: source.CountChanges,
		Apps: source.CountApps, Subscriptions: source.CountSubscriptions,
		Webhooks: source.CountWebhooks, APIAccounts: source.CountAPIAccounts, Findings: source.CountFindings,
	}[job.Kind]
	n, err := 0, error(nil)
	switch {
	case job.whole() && (job.Kind == Access || job.Kind == PermissionMatrix):
		n = job.Snapshot.Accesses
	case job.whole() && job.Kind == Stores:
		n = job.Snapshot.Stores
	case count == nil:
		return nil, nil
	default:
		n, err = count(ctx, job.Scope, job.query(), job.Settings)
	}
	return &n, err
}

// whole tells that nothing is filtered out.
func (j Job) whole() bool {
	q := j.query()
	q.AsOf, q.Sort, q.Desc, q.Days = org.AsOf{}, "", false, 0
	return j.Scope.Stores == nil && q.Encode() == ""
}

func (m *ManifestStores) add(s org.Store) {
	if !s.GoneAt.IsZero() {
		return
	}
	m.All++
	if s.Facet(org.FacetUserApps).State == org.FacetComplete {
		m.UserApps++
	}
	read := s.Facet(org.FacetAccesses)
	if read.State == org.FacetComplete {
		m.Complete++
		return
	}
	failed := FailedStore{
		Hash: s.Hash, Name: s.Name, State: read.State, Received: read.Received,
		ReadAt: timeOrNull(read.ReadAt), Reason: read.Error,
	}
	if read.Expected >= 0 {
		failed.Expected = &read.Expected
	}
	if failed.Reason == "" {
		failed.Reason = reasons[read.State]
	}
	m.Failed = append(m.Failed, failed)
}

// reasons stand where a sync left none.
var reasons = map[org.FacetState]string{
	org.FacetPending:    "The store was not read in this snapshot.",
	org.FacetIncomplete: "The store could not be read to the end.",
	org.FacetFailed:     "The store could not be read.",
	org.FacetDenied:     "The token does not allow reading the store.",
}

func (m *Manifest) finish(rows int, sum *summing) {
	m.Rows.Delivered = rows
	m.Bytes, m.SHA256 = sum.bytes, sum.sum()
	m.Complete = m.Stores.Complete == m.Stores.All && (m.Rows.Expected == nil || *m.Rows.Expected == rows) && m.List.complete()
	m.Completeness = fmt.Sprintf("%d of %d stores", m.Stores.Complete, m.Stores.All)
	if m.Kind.Timeless() {
		m.Complete, m.Completeness = true, fmt.Sprintf("%d rows", rows)
	}
	if m.Coverage != nil { // the accesses of stores say nothing of these rows
		m.Complete = m.Coverage.complete() && (m.Rows.Expected == nil || *m.Rows.Expected == rows)
		m.Completeness = m.Coverage.words()
	}
	if m.Rows.Expected != nil {
		m.Completeness += fmt.Sprintf(", %d of %d rows", rows, *m.Rows.Expected)
	}
	if !m.List.complete() {
		m.Completeness += ", list " + string(m.List.State)
	}
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}
