package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// texts are all SQL texts of the package; one test prepares each on the migrated schema.
var texts []string

// query registers an SQL text. Every text that does not change at run time is a package variable made by it.
func query(text string) string {
	texts = append(texts, text)
	return text
}

// samples give examples of the texts that are put together at run time, for the same test.
var samples []func() []string

// dynamic registers examples of texts that are put together at run time.
func dynamic(examples func() []string) bool {
	samples = append(samples, examples)
	return true
}

// querier is what reads need of a pool, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// all reads every row of a query.
func all[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), text string, args ...any) ([]T, error) {
	var list []T
	err := each(ctx, q, func(rows *sql.Rows) error {
		item, err := scan(rows)
		list = append(list, item)
		return err
	}, text, args...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// one reads the first row of a query; errNone when there is none.
func one[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), text string, args ...any) (T, error) {
	list, err := all(ctx, q, scan, text, args...)
	if err == nil && len(list) == 0 {
		err = errNone
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return list[0], nil
}

// each calls visit for every row of a query and stops at its first error.
func each(ctx context.Context, q querier, visit func(*sql.Rows) error, text string, args ...any) error {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return cut(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return cut(ctx, err)
		}
	}
	return cut(ctx, rows.Err())
}

// scalar scans rows of one column.
func scalar[T any](rows *sql.Rows) (value T, err error) {
	err = rows.Scan(&value)
	return value, err
}

// errNone is the answer of one when no row matches; named turns it into an error for people.
var errNone = errors.New("no such row")

// named makes errNone a NotFound error that names what was looked for.
func named(what string, err error) error {
	if errors.Is(err, errNone) {
		return org.NotFound(what)
	}
	return err
}

// write runs work in one writing transaction. work must not keep tx, and its error rolls everything back.
func (db *DB) write(ctx context.Context, work func(tx *sql.Tx) error) error {
	return transact(ctx, db.writer, nil, work)
}

// read runs work on one unchanging state of the database, for reads that take several queries.
func (db *DB) read(ctx context.Context, work func(tx *sql.Tx) error) error {
	return transact(ctx, db.reader, nil, work)
}

// export is read for long reads.
func (db *DB) export(ctx context.Context, work func(tx *sql.Tx) error) error {
	return transact(ctx, db.exports, nil, work)
}

func transact(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, work func(tx *sql.Tx) error) error {
	tx, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return cut(ctx, err)
	}
	defer tx.Rollback()
	if err := work(tx); err != nil {
		return cut(ctx, err)
	}
	return cut(ctx, tx.Commit())
}

// cut is failure, except that an error of an ended context stays what it is: the driver calls it an interrupt.
func cut(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("database: %w", context.Cause(ctx))
	}
	return failure(err)
}

// millis and moment are times as columns hold them: unix milliseconds UTC, NULL for the zero time.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}
