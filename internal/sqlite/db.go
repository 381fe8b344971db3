// Package sqlite keeps everything that Rollcall knows in one SQLite file: the history of accounts, the sync that runs,
// members, sessions, the activity log and settings. Pages read closed snapshots; judging what a read means is audit's.
package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// FileName is the database file inside the data folder.
const FileName = "rollcall.db"

// Options of Open. The zero value is fit for use.
type Options struct {
	Command   string           // who holds the folder, for the message that others get; for example "dashboard serve"
	Now       func() time.Time // the clock; nil means time.Now
	NetworkFS bool             // the folder is no local disk: leave memory mapping out
}

// DB is the open database. It is safe for concurrent use.
type DB struct {
	writer  *sql.DB // one connection: writes queue here instead of failing
	reader  *sql.DB // pages; as many connections as cores
	exports *sql.DB // long reads, so that a download never holds up pages
	lock    *FolderLock
	now     func() time.Time
	known   memory
	words   lexicons // what reads remember: see lexicon and image
	images  images
	pasts   pasts
	file    string

	registers  registries
	evaluating evaluating
	lists      findingLists
}

// Open opens the database in a data folder, making and migrating it when needed, and shares the folder's lock until
// Close. Errors: KindBusy when another process holds the folder alone (or a migration needs it alone), KindStorage
// when the file is damaged, newer than the program or cannot be written.
func Open(ctx context.Context, folder string, opts Options) (*DB, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, folderFailure(folder, err)
	}
	lock, err := LockFolder(ctx, folder, Shared, opts.Command)
	if err != nil {
		return nil, err
	}
	db := &DB{lock: lock, now: opts.Now, file: filepath.Join(folder, FileName)}
	if db.now == nil {
		db.now = time.Now
	}
	keepPrivate(db.file)
	if err := db.open(ctx, opts); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// keepPrivate makes the database file before SQLite would with rights for everybody, and takes such rights away from an
// older one; what SQLite puts beside it gets the same rights. A folder that was there before may be open to others.
// What goes wrong here goes wrong again, and is explained, when the file is opened.
func keepPrivate(file string) {
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 {
			_ = os.Chmod(name, info.Mode().Perm()&^0o077)
		}
	}
	// Only a new file is opened: to close an old one would drop the locks that this process holds on it.
	if f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		f.Close()
	}
}

func (db *DB) open(ctx context.Context, opts Options) (err error) {
	if db.writer, err = pool(dsn(db.file, true, opts), 1); err != nil {
		return err
	}
	if err := db.migrate(ctx, opts.Command); err != nil {
		return err
	}
	if db.reader, err = pool(dsn(db.file, false, opts), max(2, runtime.NumCPU())); err != nil {
		return err
	}
	db.exports, err = pool(dsn(db.file, false, opts), 2)
	return err
}

func pool(dsn string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, failure(err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close ends all connections and gives the folder back. Calling it twice is no error.
func (db *DB) Close() error {
	var first error
	for _, pool := range []*sql.DB{db.exports, db.reader, db.writer} {
		if pool == nil {
			continue
		}
		if err := pool.Close(); err != nil && first == nil {
			first = failure(err)
		}
	}
	db.lock.Release()
	return first
}
