package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strconv"

	"rollcall/internal/org"
)

//go:embed migration/*.sql
var migrations embed.FS

var qVersion = query(`PRAGMA user_version`)

// migrate brings the schema to the newest version, each step in a transaction of its own. It takes the data folder
// alone while it works, because an older Rollcall beside it would not understand the result.
func (db *DB) migrate(ctx context.Context, command string) error {
	steps, err := migrations.ReadDir("migration")
	if err != nil {
		return err
	}
	version, err := db.version(ctx, len(steps))
	if err != nil || version == len(steps) {
		return err
	}
	if err := db.lock.Change(ctx, Exclusive, command); err != nil {
		return err
	}
	if version, err = db.version(ctx, len(steps)); err != nil { // another process may have been faster
		return err
	}
	for _, step := range steps[version:] {
		version++
		if err := db.step(ctx, step.Name(), version); err != nil {
			return err
		}
	}
	return db.lock.Change(ctx, Shared, command)
}

// version is the schema's version; a newer one than newest is an error.
func (db *DB) version(ctx context.Context, newest int) (int, error) {
	version, err := one(ctx, db.writer, scalar[int], qVersion)
	if err == nil && version > newest {
		err = org.Problem(org.KindStorage, fmt.Sprintf("The database was made by a newer Rollcall (schema %d, this one "+
			"knows %d). Use the newer program, or restore a backup made with this one.", version, newest), nil)
	}
	return version, err
}

// afterStep is what steps need beyond SQL, in the same transaction.
var afterStep = map[string]func(context.Context, *sql.Tx) error{"0009_activity_chain.sql": chainActivity}

func (db *DB) step(ctx context.Context, name string, version int) error {
	text, err := migrations.ReadFile("migration/" + name)
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
		if then := afterStep[name]; then != nil {
			if err := then(ctx, tx); err != nil {
				return fmt.Errorf("migration %s: %w", name, err)
			}
		}
		_, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(version))
		return err
	})
}
