package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

var (
	// Who can always let people in: signin says what that takes.
	qOtherAdmins = query(`
		SELECT count(*) FROM member WHERE id <> ? AND role = 'admin' AND disabled = 0 AND limited = 0 AND password <> ''`)
	qChangeMember = query(`UPDATE member SET name = ?, email = ?, email_fold = ?, role = ?, disabled = ?, limited = ? WHERE id = ?`)
	qDropReach    = query(`DELETE FROM member_account WHERE member_id = ?`)
	qAddReach     = query(`INSERT OR IGNORE INTO member_account (member_id, account_id) SELECT ?, id FROM account WHERE id = ?`)
)

// ChangeMember lets edit change a member's name, e-mail, role, reach and state, in one writing transaction. When the
// role changed or the member was disabled, every session of the member ends with it. Errors: NotFound, Conflict when the
// e-mail is taken, and those of edit.
func (db *DB) ChangeMember(ctx context.Context, id signin.MemberID, edit signin.Edit) (before, after signin.Member, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		row, err := one(ctx, tx, scanMember, qMember, id)
		if err != nil {
			return named("member", err)
		}
		others, err := one(ctx, tx, scalar[int], qOtherAdmins, id)
		if err != nil {
			return err
		}
		before, after = row.Member, row.Member
		after.Reach.Accounts = slices.Clone(before.Reach.Accounts)
		if err := edit(&after, others); err != nil {
			return err
		}
		return putMember(ctx, tx, before, after)
	})
	if org.KindOf(err) == org.KindConflict && before.Email != after.Email {
		err = org.Conflict("There is a member with this e-mail address already.")
	}
	return before, after, err
}

func putMember(ctx context.Context, tx *sql.Tx, before, after signin.Member) error {
	_, err := tx.ExecContext(ctx, qChangeMember, after.Name, after.Email, org.FoldEmail(after.Email), after.Role.String(), after.Disabled,
		after.Reach.Limited, before.ID)
	if err != nil {
		return failure(err)
	}
	if err := putReach(ctx, tx, before.ID, after.Reach); err != nil {
		return err
	}
	if after.Role == before.Role && (!after.Disabled || before.Disabled) {
		return nil
	}
	_, err = tx.ExecContext(ctx, qEndSessions, before.ID)
	return err
}

// putReach replaces the accounts that a limited member sees; accounts that are not there are left out.
func putReach(ctx context.Context, tx *sql.Tx, id signin.MemberID, reach signin.Reach) error {
	if _, err := tx.ExecContext(ctx, qDropReach, id); err != nil || !reach.Limited {
		return err
	}
	for _, account := range reach.Accounts {
		if _, err := tx.ExecContext(ctx, qAddReach, id, account); err != nil {
			return err
		}
	}
	return nil
}
