package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

const memberColumns = `id, name, email, role, disabled, coalesce(last_account, 0), created_at, password`

var (
	qCountMembers  = query(`SELECT count(*) FROM member`)
	qMembers       = query(`SELECT ` + memberColumns + ` FROM member ORDER BY name, id`)
	qMember        = query(`SELECT ` + memberColumns + ` FROM member WHERE id = ?`)
	qMemberByEmail = query(`SELECT ` + memberColumns + ` FROM member WHERE email_fold = ?`)
	qAddMember     = query(`
		INSERT INTO member (name, email, email_fold, role, password, created_at) VALUES (?, ?, ?, ?, ?, ?)`)
)

type memberRow struct {
	signin.Member
	hash string
}

func scanMember(rows *sql.Rows) (m memberRow, err error) {
	var role string
	var made sql.NullInt64
	err = rows.Scan(&m.ID, &m.Name, &m.Email, &role, &m.Disabled, &m.LastAccount, &made, &m.hash)
	m.CreatedAt = moment(made)
	m.Role, _ = signin.ParseRole(role) // an unknown role may do nothing
	return m, err
}

// CountMembers counts all members, the disabled ones too.
func (db *DB) CountMembers(ctx context.Context) (int, error) {
	return one(ctx, db.reader, scalar[int], qCountMembers)
}

// CreateFirstMember adds a member if there is none yet, else it returns a Conflict error.
func (db *DB) CreateFirstMember(ctx context.Context, m signin.Member, passwordHash string) (id signin.MemberID, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		if n, err := one(ctx, tx, scalar[int], qCountMembers); err != nil || n > 0 {
			return firstError(err, org.Conflict("Rollcall is set up already. Sign in instead."))
		}
		id, err = db.addMember(ctx, tx, m, passwordHash)
		return err
	})
	return id, err
}

// CreateMember adds a member; a Conflict error when the e-mail is taken.
func (db *DB) CreateMember(ctx context.Context, m signin.Member, passwordHash string) (id signin.MemberID, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		id, err = db.addMember(ctx, tx, m, passwordHash)
		return err
	})
	if org.KindOf(err) == org.KindConflict {
		err = org.Conflict("There is a member with this e-mail address already.")
	}
	return id, err
}

func (db *DB) addMember(ctx context.Context, tx *sql.Tx, m signin.Member, passwordHash string) (signin.MemberID, error) {
	result, err := tx.ExecContext(ctx, qAddMember, m.Name, m.Email, org.FoldEmail(m.Email), m.Role.String(), passwordHash,
		db.now().UnixMilli())
	if err != nil {
		return 0, failure(err)
	}
	id, err := result.LastInsertId()
	return signin.MemberID(id), err
}

// Members lists all members by name.
func (db *DB) Members(ctx context.Context) ([]signin.Member, error) {
	return all(ctx, db.reader, func(rows *sql.Rows) (signin.Member, error) {
		m, err := scanMember(rows)
		return m.Member, err
	}, qMembers)
}

// Member finds a member, else a NotFound error.
func (db *DB) Member(ctx context.Context, id signin.MemberID) (signin.Member, error) {
	m, err := one(ctx, db.reader, scanMember, qMember, id)
	return m.Member, named("member", err)
}

// MemberByEmail finds a member and the password's hash by the folded e-mail, else a NotFound error.
func (db *DB) MemberByEmail(ctx context.Context, emailFold string) (signin.Member, string, error) {
	m, err := one(ctx, db.reader, scanMember, qMemberByEmail, emailFold)
	return m.Member, m.hash, named("member", err)
}

var (
	qSetPassword    = query(`UPDATE member SET password = ? WHERE id = ?`)
	qSetDisabled    = query(`UPDATE member SET disabled = ? WHERE id = ?`)
	qSetLastAccount = query(`UPDATE member SET last_account = ? WHERE id = ? AND last_account IS NOT ?`)
)

// SetPassword replaces the hash of a member's password and ends the member's sessions.
func (db *DB) SetPassword(ctx context.Context, id signin.MemberID, passwordHash string) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := changed("member")(tx.ExecContext(ctx, qSetPassword, passwordHash, id)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, qDropSessions, id)
		return err
	})
}

// SetDisabled shuts a member out, with every session, or lets the member in again.
func (db *DB) SetDisabled(ctx context.Context, id signin.MemberID, disabled bool) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := changed("member")(tx.ExecContext(ctx, qSetDisabled, disabled, id)); err != nil || !disabled {
			return err
		}
		_, err := tx.ExecContext(ctx, qDropSessions, id)
		return err
	})
}

// SetLastAccount remembers which account the member looked at last; it writes only when it is another one.
func (db *DB) SetLastAccount(ctx context.Context, id signin.MemberID, account org.AccountID) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qSetLastAccount, account, id, account)
		return err
	})
}
