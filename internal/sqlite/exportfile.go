package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"

	"rollcall/internal/org"
)

const exportColumns = `id, account_id, kind, format, name, made_at, by, rows, bytes, sha256, manifest`

var (
	qAddExport = query(`
		INSERT INTO export_file (account_id, kind, format, name, made_at, by, rows, bytes, sha256, manifest)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	qExports = query(`
		SELECT ` + exportColumns + ` FROM export_file WHERE account_id = ? AND id < ? ORDER BY id DESC LIMIT ?`)
	qExport     = query(`SELECT ` + exportColumns + ` FROM export_file WHERE account_id = ? AND id = ?`)
	qDropExport = query(`DELETE FROM export_file WHERE account_id = ? AND id = ?`)
)

func scanExport(rows *sql.Rows) (f org.ExportFile, err error) {
	var made sql.NullInt64
	err = rows.Scan(&f.ID, &f.Account, &f.Kind, &f.Format, &f.Name, &made, &f.By, &f.Rows, &f.Bytes, &f.SHA256, &f.Manifest)
	f.Made = moment(made)
	return f, err
}

// AddExport records an export that was made and returns it with its number; a zero Made becomes the present time.
func (db *DB) AddExport(ctx context.Context, f org.ExportFile) (org.ExportFile, error) {
	if f.Made.IsZero() {
		f.Made = db.now().UTC()
	}
	err := db.write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, qAddExport, f.Account, f.Kind, f.Format, f.Name, f.Made.UnixMilli(), f.By, f.Rows,
			f.Bytes, f.SHA256, string(f.Manifest))
		if err == nil {
			f.ID, err = result.LastInsertId()
		}
		return err
	})
	return f, err
}

// Exports lists the account's exports older than before (0: from the newest), newest first.
func (db *DB) Exports(ctx context.Context, account org.AccountID, before int64, limit int) ([]org.ExportFile, error) {
	if before <= 0 {
		before = open
	}
	return all(ctx, db.reader, scanExport, qExports, account, before, limit)
}

var (
	qNewerExports = query(`
		SELECT ` + exportColumns + ` FROM export_file WHERE account_id = ? AND id > ? ORDER BY id LIMIT ?`)
	qCountExports = query(`SELECT count(*), coalesce(sum(id >= ?2), 0) FROM export_file WHERE account_id = ?1`)
)

// ExportPage is a page of the account's exports, newest first. The query's After and Before say where in the list it
// is; its filters do not apply.
func (db *DB) ExportPage(ctx context.Context, account org.AccountID, q org.Query) (page org.ExportPage, err error) {
	limit := q.Limit
	if limit == 0 {
		limit = org.PageSize
	}
	rows, more, err := db.exportsAt(ctx, account, q, limit)
	if err != nil {
		return page, err
	}
	page.Rows = rows
	first := int64(open)
	if len(rows) > 0 {
		first = rows[0].ID
		if q.Before != "" && more || q.Before == "" && q.After != "" {
			page.Prev = strconv.FormatInt(first, 10)
		}
		if q.Before != "" || more {
			page.Next = strconv.FormatInt(rows[len(rows)-1].ID, 10)
		}
	}
	_, err = one(ctx, db.reader, func(rows *sql.Rows) (struct{}, error) {
		return struct{}{}, rows.Scan(&page.Total, &page.From)
	}, qCountExports, account, first)
	return page, err
}

// exportsAt reads the rows of a page, newest first, and whether there are more in the direction of reading.
func (db *DB) exportsAt(ctx context.Context, account org.AccountID, q org.Query, limit int) (rows []org.ExportFile, more bool, err error) {
	place, err := activityPlace(cmp.Or(q.Before, q.After))
	if err != nil {
		return nil, false, err
	}
	if q.Before == "" {
		rows, err = db.Exports(ctx, account, place, limit+1)
		return rows[:min(limit, len(rows))], len(rows) > limit, err
	}
	rows, err = all(ctx, db.reader, scanExport, qNewerExports, account, place, limit+1)
	more = len(rows) > limit
	rows = rows[:min(limit, len(rows))]
	slices.Reverse(rows)
	return rows, more, err
}

// Export finds an export of the account, else a NotFound error.
func (db *DB) Export(ctx context.Context, account org.AccountID, id int64) (org.ExportFile, error) {
	f, err := one(ctx, db.reader, scanExport, qExport, account, id)
	return f, named("export", err)
}

// DeleteExport forgets an export; its file is the caller's.
func (db *DB) DeleteExport(ctx context.Context, account org.AccountID, id int64) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("export")(tx.ExecContext(ctx, qDropExport, account, id))
	})
}
