package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

var (
	qSessionsOf = query(`
		SELECT token, data, expires_at, member_id, created_at, seen_at FROM session
		WHERE member_id = ? AND ended = 0 AND expires_at > ? ORDER BY seen_at DESC, token`)
	qMemberSessions = query(`SELECT token FROM session WHERE member_id = ? AND ended = 0`)
)

// SessionsOf lists the living sessions of a member, the one used last first.
func (db *DB) SessionsOf(ctx context.Context, id signin.MemberID) (list []signin.SessionRow, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		policy, err := policyOf(ctx, tx)
		if err != nil {
			return err
		}
		list, err = all(ctx, tx, func(rows *sql.Rows) (signin.SessionRow, error) { return scanSession(rows, policy) },
			qSessionsOf, id, db.now().UnixMilli())
		return err
	})
	living := list[:0]
	for _, s := range list {
		if db.now().Before(s.Ends) {
			living = append(living, s)
		}
	}
	return living, err
}

func scanSession(rows *sql.Rows, policy signin.Policy) (s signin.SessionRow, err error) {
	var token string
	var data []byte
	var expires, created, seen sql.NullInt64
	err = rows.Scan(&token, &data, &expires, &s.Member, &created, &seen)
	facts := signin.ReadFacts(signin.SessionValues(data))
	s.Handle, s.Address, s.Agent, s.Method = signin.HandleOf(token), facts.Address, facts.Agent, facts.Method
	s.Created, s.Seen = moment(created), moment(seen)
	s.Ends = sessionEnd(moment(expires), s.Created, s.Seen, policy)
	return s, err
}

// EndSession ends one session of a member by its handle, else NotFound.
func (db *DB) EndSession(ctx context.Context, id signin.MemberID, handle string) error {
	ended, err := db.endSessions(ctx, id, func(h string) bool { return h == handle })
	if err == nil && ended == 0 {
		err = org.NotFound("session")
	}
	return err
}

// EndSessions ends all of a member's sessions but the one that stays, and counts them.
func (db *DB) EndSessions(ctx context.Context, id signin.MemberID, stays string) (int, error) {
	return db.endSessions(ctx, id, func(h string) bool { return h != stays })
}

func (db *DB) endSessions(ctx context.Context, id signin.MemberID, which func(handle string) bool) (ended int, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		tokens, err := all(ctx, tx, scalar[string], qMemberSessions, id)
		for _, token := range tokens {
			if err != nil || !which(signin.HandleOf(token)) {
				continue
			}
			_, err = tx.ExecContext(ctx, qEndSession, token)
			ended++
		}
		return err
	})
	return ended, err
}
