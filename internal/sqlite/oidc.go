package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

var (
	qByIdentity = query(`SELECT ` + memberColumns + ` FROM member
		WHERE id = (SELECT member_id FROM member_identity WHERE issuer = ? AND subject = ?)`)
	qAddIdentity = query(`INSERT INTO member_identity (issuer, subject, member_id, added_at) VALUES (?, ?, ?, ?)`)
	qIdentityOf  = query(`SELECT member_id FROM member_identity WHERE issuer = ? AND subject = ?`)
	qNumberOf    = query(`SELECT id FROM account WHERE uuid = ?`)
)

// MemberByIdentity finds a member by the provider's issuer and subject, else NotFound.
func (db *DB) MemberByIdentity(ctx context.Context, issuer, subject string) (signin.Member, error) {
	m, err := one(ctx, db.reader, scanMember, qByIdentity, issuer, subject)
	return m.Member, named("member", err)
}

// CreateByIdentity adds a member without a password who signs in through the provider; Conflict when the e-mail is taken.
func (db *DB) CreateByIdentity(ctx context.Context, m signin.Member, issuer, subject string) (id signin.MemberID, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		if id, err = db.addMember(ctx, tx, m, ""); err != nil {
			return err
		}
		return db.addIdentity(ctx, tx, id, issuer, subject)
	})
	return id, err
}

func (db *DB) addIdentity(ctx context.Context, tx *sql.Tx, id signin.MemberID, issuer, subject string) error {
	_, err := tx.ExecContext(ctx, qAddIdentity, issuer, subject, id, db.now().UnixMilli())
	return err
}

// LinkIdentity lets a member sign in by an identity as well; Conflict when it is another member's.
func (db *DB) LinkIdentity(ctx context.Context, id signin.MemberID, issuer, subject string) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		owner, err := one(ctx, tx, scalar[signin.MemberID], qIdentityOf, issuer, subject)
		switch {
		case err == errNone:
			return db.addIdentity(ctx, tx, id, issuer, subject)
		case err == nil && owner != id:
			return org.Conflict("Another member signs in with this identity.")
		}
		return err
	})
}

// AccountsByUUID are the numbers of those of the accounts that are known.
func (db *DB) AccountsByUUID(ctx context.Context, uuids []string) ([]org.AccountID, error) {
	var list []org.AccountID
	for _, uuid := range uuids {
		id, err := one(ctx, db.reader, scalar[org.AccountID], qNumberOf, uuid)
		if err == errNone {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, nil
}
