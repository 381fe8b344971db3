package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"

	"rollcall/internal/org"
)

// Write writes the file of a job to w and returns its manifest. When it returns an error, w may hold the beginning of
// a file: callers that keep files use WriteFile or Spool.
func Write(ctx context.Context, source Source, job Job, w io.Writer) (Manifest, error) {
	write := writers[job.Kind]
	if write == nil {
		return Manifest{}, org.Invalid("kind", fmt.Sprintf("%q is no kind of an export.", job.Kind))
	}
	if !job.Snapshot.Closed() && !job.Kind.Timeless() {
		return Manifest{}, org.Conflict("There is no finished snapshot to export yet. Sync the account first.")
	}
	m, err := newManifest(ctx, source, job)
	if err != nil {
		return Manifest{}, fmt.Errorf("describe export: %w", err)
	}
	if readsStores[job.Kind] {
		source = noting{source, &m.Stores}
	}
	sum := &summing{w: w, hash: sha256.New()}
	rows, err := write(ctx, source, job, newTable(job, sum))
	if err != nil {
		return Manifest{}, plain(fmt.Errorf("write %s: %w", job.Kind, err), "the output")
	}
	m.finish(rows, sum)
	return m, nil
}

var writers = map[Kind]func(context.Context, Source, Job, table) (int, error){
	Access: writeAccess, Users: writeUsers, Changes: writeChanges, PermissionMatrix: writePermissionMatrix,
	Matrix: writeMatrix, Stores: writeStores, Permissions: writePermissions, Snapshots: writeSnapshots,
	Apps: writeApps, Subscriptions: writeSubscriptions, Webhooks: writeWebhooks, APIAccounts: writeAPIAccounts,
	Findings: writeFindings, Activity: writeActivity,
}

// summing counts and hashes what it passes on.
type summing struct {
	w     io.Writer
	hash  hash.Hash
	bytes int64
}

func (s *summing) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.hash.Write(b[:n])
	s.bytes += int64(n)
	return n, err
}

func (s *summing) sum() string { return hex.EncodeToString(s.hash.Sum(nil)) }

func (j Job) at() time.Time {
	if j.At.IsZero() {
		return time.Now().UTC().Truncate(time.Second)
	}
	return j.At.UTC().Truncate(time.Second)
}
