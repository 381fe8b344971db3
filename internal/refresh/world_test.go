package refresh_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
	"rollcall/internal/sqlite"
)

// world is the whole way from a local BigCommerce to the database: the real client, the real history.
type world struct {
	t      failer
	server *sandbox.Server
	db     *sqlite.DB
	acct   org.Account
	sync   refresh.Sync
	folder string
	mask   func(*sandbox.TruthAccess) // what the variant hides
}

// failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
	Logf(string, ...any)
}

func newWorld(t *testing.T, cfg sandbox.Config) *world {
	t.Helper()
	w, closeWorld := buildWorld(t, t.TempDir(), cfg)
	t.Cleanup(closeWorld)
	return w
}

func buildWorld(t failer, folder string, cfg sandbox.Config) (*world, func()) {
	t.Helper()
	if cfg.Quota == 0 {
		cfg.Quota = -1
	}
	w := &world{t: t, server: sandbox.New(cfg), folder: folder}
	w.open()
	return w, func() { w.db.Close() }
}

// open opens the database and makes a client, as a new process would.
func (w *world) open() {
	w.t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, w.folder, sqlite.Options{Command: "test"})
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	w.db = db
	uuid := w.server.UUIDs()[0]
	w.acct, err = db.AccountByUUID(ctx, uuid)
	if org.KindOf(err) == org.KindNotFound {
		seal := func(org.AccountID) ([]byte, error) { return []byte("sealed"), nil }
		w.acct, err = db.ConnectAccount(ctx, uuid, "0abc", seal)
	}
	if err != nil {
		w.t.Fatalf("account: %v", err)
	}
	client := account.New(account.Config{
		UUID: uuid, Token: sandbox.DefaultToken, Account: w.acct.ID, Memory: db,
		HTTP: &http.Client{Transport: w.server.Transport()}, Version: "test", Timeout: 2 * time.Second,
	})
	w.sync = refresh.Sync{
		Reader: client, History: db.History(), Lease: db, Log: slog.New(slog.DiscardHandler), Owner: "test",
		Delay: time.Millisecond, Poll: time.Millisecond, LeaseTTL: 5 * time.Second,
	}
}

// run syncs once.
func (w *world) run(opt refresh.Options) refresh.Result {
	w.t.Helper()
	result, err := w.sync.Run(context.Background(), w.acct, opt)
	if err != nil {
		w.t.Fatalf("sync: %v", err)
	}
	return result
}

// stored reads the accesses that pages show, by store hash and user id.
func (w *world) stored() map[string]org.AccessRow {
	w.t.Helper()
	rows := map[string]org.AccessRow{}
	err := w.db.EachAccess(context.Background(), org.Scope{Account: w.acct.ID}, org.Query{}, org.DefaultSettings(),
		func(row org.AccessRow) error {
			row.Permissions = slices.Clone(row.Permissions)
			rows[row.StoreHash+" "+row.APIID[strings.LastIndexByte(row.APIID, '/')+1:]] = row
			return nil
		})
	if err != nil {
		w.t.Fatalf("read accesses: %v", err)
	}
	return rows
}

// mustHoldTruth compares what is stored with what the sandbox holds, row by row. Stores that always fail are left out:
// of them nothing can be known. What is not proven to have ended may still be stored, if the caller allows.
func (w *world) mustHoldTruth(mayBeUnseen bool) {
	w.t.Helper()
	stored, listed := w.stored(), map[string]bool{}
	for _, store := range w.server.Truth(w.acct.UUID).Stores {
		listed[store.Hash] = true
		for _, want := range store.Accesses {
			key := want.StoreHash + " " + want.ID[strings.LastIndexByte(want.ID, '/')+1:]
			row, found := stored[key]
			delete(stored, key)
			if store.Failing {
				continue
			}
			if w.mask != nil {
				w.mask(&want)
			}
			if !found {
				w.t.Errorf("%s (%s in %s) is missing", key, want.Email, want.StoreName)
			} else if got := textOf(row); got != textOfTruth(want) {
				w.t.Errorf("%s:\n got %s\nwant %s", key, got, textOfTruth(want))
			}
		}
	}
	for key, row := range stored {
		unconfirmed := row.Unseen || !listed[row.StoreHash] // a store is gone when two lists lack it
		if !mayBeUnseen || !unconfirmed {
			w.t.Errorf("%s (%s) is stored, but not in the truth; unseen: %v", key, row.Email, row.Unseen)
		}
	}
}

// mustHaveRemovedOnlyTheRemoved checks every recorded end of an access against what happened in the sandbox.
func (w *world) mustHaveRemovedOnlyTheRemoved() {
	w.t.Helper()
	ended := map[string]bool{}
	for _, c := range w.server.Changes(w.acct.UUID) {
		if c.Kind == sandbox.AccessRemoved {
			ended[c.StoreHash+" "+c.UserID[strings.LastIndexByte(c.UserID, '/')+1:]] = true
		}
	}
	for _, c := range w.changes() {
		key := c.store + " " + c.user[strings.LastIndexByte(c.user, '/')+1:]
		if (c.kind == "access_removed" || c.kind == "store_gone" && c.user != "") && !ended[key] {
			w.t.Errorf("snapshot %d says that %s was removed, which never happened", c.snapshot, key)
		}
	}
}

func textOf(row org.AccessRow) string {
	return fmt.Sprint(row.StoreName, "|", row.Email, "|", row.FirstName, "|", row.LastName, "|", row.Locale, "|", row.Status, "|",
		moment(row.LastLogin), "|", strings.Join(row.Permissions, ";"))
}

func textOfTruth(a sandbox.TruthAccess) string {
	login := "never"
	if !a.LastLoginAt.IsZero() {
		login = a.LastLoginAt.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(a.StoreName, "|", a.Email, "|", a.FirstName, "|", a.LastName, "|", a.Locale, "|", a.Status, "|",
		login, "|", strings.Join(a.Permissions, ";"))
}

func moment(m org.Moment) string {
	switch {
	case !m.Read:
		return "unknown"
	case m.At.IsZero():
		return "never"
	}
	return m.At.UTC().Format(time.RFC3339)
}

// change is one recorded change.
type change struct {
	snapshot          int64
	kind, store, user string
}

// changes reads the recorded changes.
func (w *world) changes() []change {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.folder, sqlite.FileName))
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT c.snapshot_id, c.kind, coalesce(s.hash, ''), coalesce(u.api_id, '') FROM change c
		LEFT JOIN store s ON s.id = c.store_id LEFT JOIN user u ON u.id = c.user_id ORDER BY c.id`)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	defer rows.Close()
	var list []change
	for rows.Next() {
		var c change
		var kind int
		if err := rows.Scan(&c.snapshot, &kind, &c.store, &c.user); err != nil {
			w.t.Fatalf("%v", err)
		}
		c.kind = kindWord(kind)
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatalf("%v", err)
	}
	return list
}
