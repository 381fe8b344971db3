package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"rollcall/internal/org"
)

var (
	qVacuumInto  = query(`VACUUM INTO ?`)
	qIntegrity   = query(`PRAGMA integrity_check(20)`)
	qForeignKeys = query(`PRAGMA foreign_key_check`)
)

// Backup writes a complete copy of the database to a new file while everything goes on. The copy holds one moment, is
// compact, and never the master key. An existing file is a Conflict error.
func (db *DB) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return org.Conflict(fmt.Sprintf("The file %s exists already. Choose another name.", file))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return org.Problem(org.KindStorage, fmt.Sprintf("The file %s cannot be written.", file), err)
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return org.Problem(org.KindStorage, fmt.Sprintf("The file %s is in the way and cannot be removed.", part), err)
	}
	if err := db.vacuumInto(ctx, part); err != nil {
		os.Remove(part)
		return err
	}
	if err := flush(part); err != nil { // SQLite leaves that to the caller
		os.Remove(part)
		return org.Problem(org.KindStorage, fmt.Sprintf("The file %s cannot be written.", file), err)
	}
	if err := os.Rename(part, file); err != nil {
		return org.Problem(org.KindStorage, fmt.Sprintf("The file %s cannot be written.", file), err)
	}
	return nil
}

// flush waits until a file is on the disk.
func flush(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// vacuumInto uses a connection of its own: the pools for reading refuse every kind of writing.
func (db *DB) vacuumInto(ctx context.Context, file string) error {
	private, err := pool(dsn(db.file, true, Options{}), 1)
	if err != nil {
		return err
	}
	defer private.Close()
	if f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return org.Problem(org.KindStorage, fmt.Sprintf("The file %s cannot be written.", file), err)
	} else if err := f.Close(); err != nil {
		return err
	}
	_, err = private.ExecContext(ctx, qVacuumInto, file)
	return failure(err)
}

// Check reads the whole database and lists what is wrong with it; empty means sound.
func (db *DB) Check(ctx context.Context) ([]string, error) { return check(ctx, db.exports) }

func check(ctx context.Context, q querier) ([]string, error) {
	problems, err := all(ctx, q, scalar[string], qIntegrity)
	if err != nil {
		return nil, err
	}
	if len(problems) == 1 && problems[0] == "ok" {
		problems = nil
	}
	err = each(ctx, q, func(rows *sql.Rows) error {
		var table, parent string
		var row, key sql.NullInt64
		err := rows.Scan(&table, &row, &parent, &key)
		problems = append(problems, fmt.Sprintf("a row of %s names a missing row of %s", table, parent))
		return err
	}, qForeignKeys)
	return problems, err
}
