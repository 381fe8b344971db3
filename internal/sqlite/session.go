package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"time"

	"rollcall/internal/signin"
)

// Sessions keeps browser sessions for scs (its CtxStore and IterableCtxStore). Set HashTokenInStore there: tokens then
// arrive hashed.
type Sessions struct{ db *DB }

// Sessions gives the store of browser sessions.
func (db *DB) Sessions() Sessions { return Sessions{db} }

// expirySlack: a commit that only moves the expiry by less is not written.
const expirySlack = time.Minute

var (
	// The policy is read along, so that shorter limits act at once and cost no query of their own.
	qSession = query(`
		SELECT data, expires_at, created_at, seen_at,
			(SELECT value FROM setting WHERE name = '` + settingIdle + `'), (SELECT value FROM setting WHERE name = '` + settingTotal + `')
		FROM session WHERE token = ? AND ended = 0`)
	qPutSession = query(`
		INSERT INTO session (token, data, expires_at, member_id, created_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
		ON CONFLICT DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at, member_id = excluded.member_id,
			seen_at = excluded.seen_at WHERE ended = 0`)
	// An ended session keeps its row until it would have expired: a request that began before and writes it afterwards,
	// in whichever process, must not bring it back.
	qEndSession  = query(`UPDATE session SET ended = 1, data = x'' WHERE token = ?`)
	qEndSessions = query(`UPDATE session SET ended = 1, data = x'' WHERE member_id = ? AND ended = 0`)
	qDropExpired = query(`DELETE FROM session WHERE expires_at <= ?`)
	qAllSessions = query(`SELECT token, data FROM session WHERE expires_at > ? AND ended = 0`)
)

type sessionRow struct {
	data    []byte
	expires time.Time // as scs wants it
	ends    time.Time // as the policy wants it, no later
}

func (s Sessions) row(ctx context.Context, token string) (sessionRow, error) {
	return one(ctx, s.db.reader, func(rows *sql.Rows) (r sessionRow, err error) {
		var expires, created, seen sql.NullInt64
		var idle, total sql.NullString
		err = rows.Scan(&r.data, &expires, &created, &seen, &idle, &total)
		r.expires = moment(expires)
		r.ends = sessionEnd(r.expires, moment(created), moment(seen), parsePolicy(idle.String, total.String, ""))
		return r, err
	}, qSession, token)
}

// FindCtx returns a session's data; found is false when there is none or it has expired.
func (s Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	r, err := s.row(ctx, token)
	if err == errNone || err == nil && !s.db.now().Before(r.ends) {
		return nil, false, nil
	}
	return r.data, err == nil, err
}

// sessionEnd is when a session ends if it is not used again: its expiry, or earlier when the policy became stricter.
func sessionEnd(expires, created, seen time.Time, p signin.Policy) time.Time {
	for _, end := range []time.Time{created.Add(p.Total), seen.Add(p.Idle)} {
		if end.Before(expires) {
			expires = end
		}
	}
	return expires
}

// CommitCtx stores a session, unless it was ended. One that only lives on for less than a minute longer is left as it is.
func (s Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	r, err := s.row(ctx, token)
	if err != nil && err != errNone {
		return err
	}
	if err == nil && bytes.Equal(r.data, data) && expiry.Sub(r.expires).Abs() < expirySlack {
		return nil
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qPutSession, token, data, expiry.UnixMilli(), orNull(signin.SessionMember(data)),
			s.db.now().UnixMilli())
		return err
	})
}

// DeleteCtx ends a session; ending none is no error.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.exec(ctx, qEndSession, token)
}

// DeleteOf ends every session of a member.
func (s Sessions) DeleteOf(ctx context.Context, member signin.MemberID) error {
	return s.exec(ctx, qEndSessions, member)
}

// DeleteExpired removes what nobody can use any more.
func (s Sessions) DeleteExpired(ctx context.Context) error {
	return s.exec(ctx, qDropExpired, s.db.now().UnixMilli())
}

func (s Sessions) exec(ctx context.Context, text string, args ...any) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	})
}

// AllCtx returns the data of every living session by its token.
func (s Sessions) AllCtx(ctx context.Context) (map[string][]byte, error) {
	list := map[string][]byte{}
	err := each(ctx, s.db.reader, func(rows *sql.Rows) error {
		var token string
		var data []byte
		err := rows.Scan(&token, &data)
		list[token] = data
		return err
	}, qAllSessions, s.db.now().UnixMilli())
	return list, err
}

// Find is FindCtx without a context.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
