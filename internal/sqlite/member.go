package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

const memberColumns = `id, name, email, role, disabled, coalesce(last_account, 0), created_at, password, limited,
	(SELECT group_concat(account_id) FROM member_account WHERE member_id = member.id),
	EXISTS (SELECT 1 FROM totp WHERE member_id = member.id AND secret IS NOT NULL)`

var (
	qCountMembers  = query(`SELECT count(*) FROM member`)
	qMembers       = query(`SELECT ` + memberColumns + ` FROM member ORDER BY name, id`)
	qMember        = query(`SELECT ` + memberColumns + ` FROM member WHERE id = ?`)
	qMemberByEmail = query(`SELECT ` + memberColumns + ` FROM member WHERE email_fold = ?`)
	qAddMember     = query(`
		INSERT INTO member (name, email, email_fold, role, password, limited, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`)
)

type memberRow struct {
	signin.Member
	hash string
}

func scanMember(rows *sql.Rows) (m memberRow, err error) {
	var role string
	var made sql.NullInt64
	var accounts sql.NullString
	err = rows.Scan(&m.ID, &m.Name, &m.Email, &role, &m.Disabled, &m.LastAccount, &made, &m.hash, &m.Reach.Limited, &accounts, &m.TOTP)
	m.CreatedAt, m.HasPassword = moment(made), m.hash != ""
	m.Role, _ = signin.ParseRole(role) // an unknown role may do nothing
	if err == nil && accounts.Valid {
		m.Reach.Accounts, err = accountNumbers(accounts.String)
	}
	return m, err
}

// accountNumbers reads numbers that group_concat joined, in rising order.
func accountNumbers(text string) ([]org.AccountID, error) {
	var list []org.AccountID
	for part := range strings.SplitSeq(text, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("accounts of a member: %w", err)
		}
		list = append(list, org.AccountID(id))
	}
	slices.Sort(list)
	return list, nil
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
		m.Reach.Limited, db.now().UnixMilli())
	if err != nil {
		return 0, failure(err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	return signin.MemberID(id), putReach(ctx, tx, signin.MemberID(id), m.Reach)
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
	qRehash         = query(`UPDATE member SET password = ? WHERE id = ? AND password = ?`)
	qSetLastAccount = query(`UPDATE member SET last_account = ? WHERE id = ? AND last_account IS NOT ?`)
)

// SetPassword replaces the hash of a member's password, ends the member's sessions and makes links for a new password
// worthless.
func (db *DB) SetPassword(ctx context.Context, id signin.MemberID, passwordHash string) error {
	return db.write(ctx, func(tx *sql.Tx) error { return setPassword(ctx, tx, id, passwordHash) })
}

func setPassword(ctx context.Context, tx *sql.Tx, id signin.MemberID, passwordHash string) error {
	if err := changed("member")(tx.ExecContext(ctx, qSetPassword, passwordHash, id)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, qDropLinks, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, qEndSessions, id)
	return err
}

// Rehash stores another form of the same password, unless the password was changed meanwhile.
func (db *DB) Rehash(ctx context.Context, id signin.MemberID, old, passwordHash string) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qRehash, passwordHash, id, old)
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
