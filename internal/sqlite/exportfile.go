package sqlite

import (
	"context"
	"database/sql"

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
