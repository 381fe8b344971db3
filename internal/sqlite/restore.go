package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Restore is a checked backup that is about to become the database of a folder. It holds the folder alone until Close.
type Restore struct {
	KeyID  string           // names the master key that sealed its secrets; empty when it holds none
	Schema int              // version of its tables; Open brings an older one to the newest
	Head   org.ActivityHead // of its activity log

	lock *FolderLock
	file string // the database that is replaced
	copy string // what takes its place
}

// PrepareRestore takes a data folder alone, making it when it is missing, copies a file made by Backup beside the
// database and checks the copy. The database stays as it is until Replace. Errors: KindBusy when the folder is in use,
// KindInvalid when the file is no finished one, KindStorage when it is no sound database of Rollcall or of a newer one.
func PrepareRestore(ctx context.Context, folder, file, command string) (*Restore, error) {
	if err := plainBackup(file); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, folderFailure(folder, err)
	}
	lock, err := LockFolder(ctx, folder, Exclusive, command)
	if err != nil {
		return nil, err
	}
	r := &Restore{lock: lock, file: filepath.Join(folder, FileName)}
	r.copy = r.file + ".restoring"
	if err := r.prepare(ctx, file); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// plainBackup refuses what is no finished file: a database that is or was in use keeps its newest rows in a log beside it.
func plainBackup(file string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return org.NotFound("file: " + file)
	case err != nil:
		return org.Problem(org.KindInvalid, fmt.Sprintf("The file %s cannot be read.", file), err)
	case !info.Mode().IsRegular():
		return org.Invalid("file", fmt.Sprintf("%s is no plain file. Name one made with \"dashboard backup\".", file))
	}
	if log, err := os.Stat(file + "-wal"); err == nil && log.Size() > 0 {
		return org.Invalid("file", fmt.Sprintf("%s is a database in use: newer rows are in %[1]s-wal. Name a file made with \"dashboard backup\".", file))
	}
	return nil
}

func (r *Restore) prepare(ctx context.Context, file string) error {
	r.drop()
	if err := copyFile(file, r.copy); err != nil {
		return org.Problem(org.KindStorage, fmt.Sprintf("%s cannot be copied into the data folder: %v.", file, err), err)
	}
	private, err := pool(dsn(r.copy, true, Options{NetworkFS: true}), 1)
	if err != nil {
		return err
	}
	err = r.check(ctx, private, file)
	err = errors.Join(err, failure(private.Close()))
	if _, statErr := os.Stat(r.copy + "-wal"); err == nil && statErr == nil {
		err = org.Problem(org.KindStorage, "The copy of the backup could not be finished.", nil)
	}
	if err == nil {
		err = flush(r.copy)
	}
	return err
}

var (
	qRestorable = query(`SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('account', 'setting', 'activity', 'snapshot')`)
	qEndAll     = query(`DELETE FROM session`)
	qFlushLog   = query(`PRAGMA wal_checkpoint(TRUNCATE)`)
)

// check reads the whole copy. Sessions are ended in it: those that ended since the backup must not come back.
func (r *Restore) check(ctx context.Context, q *sql.DB, file string) error {
	unsound := func(why string, err error) error {
		return org.Problem(org.KindStorage, file+" "+why+" Name another file made with \"dashboard backup\".", err)
	}
	problems, err := check(ctx, q)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || len(problems) > 0 {
		return unsound("is no sound database: "+strings.Join(append(problems, "it cannot be read to the end")[:1], "")+".", err)
	}
	tables, err := one(ctx, q, scalar[int], qRestorable)
	if err != nil || tables != 4 {
		return unsound("is no database of Rollcall.", err)
	}
	steps, err := migrations.ReadDir("migration")
	if err != nil {
		return err
	}
	if r.Schema, err = one(ctx, q, scalar[int], qVersion); err != nil {
		return err
	}
	if r.Schema > len(steps) {
		return org.Problem(org.KindStorage, fmt.Sprintf("%s was made by a newer Rollcall (schema %d, this one knows %d). Restore it with the newer program.", file, r.Schema, len(steps)), nil)
	}
	values, err := settings(ctx, q)
	if err != nil {
		return err
	}
	r.KeyID = values[settingKeyID]
	if err := each(ctx, q, func(*sql.Rows) error { return nil }, qEndAll); err != nil {
		return err
	}
	return each(ctx, q, func(*sql.Rows) error { return nil }, qFlushLog)
}

// Replace puts the checked copy into the place of the database and keeps the replaced one beside it, under the name that
// it returns; empty when there was none. Whenever the process dies, the old database or the new one is in place.
func (r *Restore) Replace(ctx context.Context, now time.Time) (kept string, err error) {
	if _, err := os.Lstat(r.file); err == nil {
		kept = r.file + ".before-restore-" + now.UTC().Format("20060102T150405Z")
		if err := r.keep(ctx, kept); err != nil {
			return "", org.Problem(org.KindStorage, "The database that would be replaced cannot be kept as "+kept+". Nothing was restored.", err)
		}
	}
	if err := r.setAside(kept); err != nil {
		return "", org.Problem(org.KindStorage, "The log of the replaced database is in the way. Nothing was restored.", err)
	}
	if err := os.Rename(r.copy, r.file); err != nil {
		return "", org.Problem(org.KindStorage, "The restored database cannot be put into place.", err)
	}
	return kept, flushFolder(filepath.Dir(r.file))
}

// keep gives the replaced database a second name. What its log holds is brought into it first; a database that is too
// damaged for that is kept with its log.
func (r *Restore) keep(ctx context.Context, kept string) error {
	if old, err := pool(dsn(r.file, true, Options{NetworkFS: true}), 1); err == nil {
		_ = each(ctx, old, func(*sql.Rows) error { return nil }, qFlushLog)
		_ = old.Close()
	}
	if err := os.Link(r.file, kept); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return copyFile(r.file, kept) // a file system without links
}

// setAside moves a log that is left: SQLite would write it into the restored database.
func (r *Restore) setAside(kept string) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		var err error
		if info, statErr := os.Stat(r.file + suffix); kept != "" && suffix == "-wal" && statErr == nil && info.Size() > 0 {
			err = os.Rename(r.file+suffix, kept+suffix)
		} else {
			err = os.Remove(r.file + suffix)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return flushFolder(filepath.Dir(r.file))
}

// Close gives the folder back and removes what Replace did not use.
func (r *Restore) Close() error {
	r.drop()
	r.lock.Release()
	return nil
}

func (r *Restore) drop() {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		os.Remove(r.copy + suffix)
	}
}

// copyFile makes a new file for its owner only, safely on the disk.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}

// flushFolder makes names survive a power cut; some systems cannot do that for a folder, which is no failure.
func flushFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	_ = dir.Sync()
	return dir.Close()
}
