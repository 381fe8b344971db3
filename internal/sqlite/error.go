package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"rollcall/internal/org"
)

// failure turns driver errors into errors of the house, by code. Other errors pass unchanged.
func failure(err error) error {
	var known *org.Error
	var raw *driver.Error
	if err == nil || errors.As(err, &known) || !errors.As(err, &raw) {
		return err
	}
	if text, kind := explain(raw.Code()); text != "" {
		return org.Problem(kind, text, err)
	}
	return fmt.Errorf("database: %w", err)
}

// broken tells whether a constraint refused the statement.
func broken(err error) bool {
	var raw *driver.Error
	return errors.As(err, &raw) && raw.Code()&0xff == codes.SQLITE_CONSTRAINT
}

// explain says what a result code means to people, empty when it means a mistake of the program.
func explain(code int) (string, org.Kind) {
	switch code {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return "This exists already.", org.KindConflict
	case codes.SQLITE_IOERR_CORRUPTFS:
		code = codes.SQLITE_CORRUPT
	case codes.SQLITE_IOERR_SHMSIZE: // no room for the index beside the log
		code = codes.SQLITE_FULL
	}
	switch code & 0xff { // the low byte is the primary code
	case codes.SQLITE_FULL:
		return "The disk is full, so nothing was saved. Everything saved before is intact. " +
			"Free some space in the data folder and try again.", org.KindStorage
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return "The database file is damaged. Stop Rollcall and run \"dashboard restore FILE\" with a file made with " +
			"\"dashboard backup\"; the damaged one is kept beside it.", org.KindStorage
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return "Another process is writing to the database right now. Try again in a moment.", org.KindBusy
	case codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return "The database cannot be written: the data folder or a file in it is read-only. " +
			"Give the user that runs Rollcall the right to write there.", org.KindStorage
	case codes.SQLITE_CANTOPEN:
		return "The database file cannot be opened. Check that the data folder exists and that the user that runs " +
			"Rollcall may read and write it.", org.KindStorage
	case codes.SQLITE_IOERR:
		return "The disk reported an error while reading or writing the database. Everything saved before should be " +
			"intact. Check the disk, then try again.", org.KindStorage
	}
	return "", org.KindUnexpected
}

// folderFailure explains why the data folder or a file in it cannot be used.
func folderFailure(folder string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return org.Problem(org.KindStorage, fmt.Sprintf("The data folder %s cannot be used: the user that runs Rollcall "+
			"may not read and write it. Let it, or choose another folder with --data.", folder), err)
	case errors.Is(err, syscall.ENOSPC):
		return org.Problem(org.KindStorage, "The disk is full. Free some space in the data folder and try again.", err)
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTDIR):
		return org.Problem(org.KindStorage, fmt.Sprintf("The data folder %s is a file, not a folder.", folder), err)
	}
	return org.Problem(org.KindStorage, fmt.Sprintf("The data folder %s cannot be used. Choose one that this user may write to with --data.", folder), err)
}
