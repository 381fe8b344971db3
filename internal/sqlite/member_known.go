package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

// What is kept for each member of the networks and devices that are known: the newest.
const (
	placesKept  = 50
	devicesKept = 20
)

var (
	qKnown = query(`SELECT
		EXISTS (SELECT 1 FROM member_place WHERE member_id = ?1 AND place = ?2 AND seen_at > ?4),
		EXISTS (SELECT 1 FROM member_device WHERE hash = ?3 AND member_id = ?1 AND seen_at > ?4)`)
	qPutPlace = query(`
		INSERT INTO member_place (member_id, place, seen_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at`)
	qPutDevice = query(`
		INSERT INTO member_device (hash, member_id, seen_at) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at, member_id = excluded.member_id`)
	qThinPlaces = query(`DELETE FROM member_place WHERE member_id = ?1 AND place NOT IN (
		SELECT place FROM member_place WHERE member_id = ?1 ORDER BY seen_at DESC LIMIT ?2)`)
	qThinDevices = query(`DELETE FROM member_device WHERE member_id = ?1 AND hash NOT IN (
		SELECT hash FROM member_device WHERE member_id = ?1 ORDER BY seen_at DESC LIMIT ?2)`)
	qOldPlaces   = query(`DELETE FROM member_place WHERE seen_at < ?`)
	qOldDevices  = query(`DELETE FROM member_device WHERE seen_at < ?`)
	qDropPlaces  = query(`DELETE FROM member_place WHERE member_id = ?`)
	qDropDevices = query(`DELETE FROM member_device WHERE member_id = ?`)

	qAddLink = query(`INSERT INTO reset_link (hash, member_id, expires_at) VALUES (?, ?, ?)`)
	qLink    = query(`SELECT ` + memberColumns + ` FROM member
		WHERE id = (SELECT member_id FROM reset_link WHERE hash = ? AND expires_at > ?)`)
	qDropLinks = query(`DELETE FROM reset_link WHERE member_id = ?`)
	qOldLinks  = query(`DELETE FROM reset_link WHERE expires_at <= ?`)
)

// KnownFrom tells whether the member signed in from the network, and with the device, within signin.KnownLasts.
func (db *DB) KnownFrom(ctx context.Context, id signin.MemberID, place string, device []byte) (signin.From, error) {
	return one(ctx, db.reader, func(rows *sql.Rows) (f signin.From, err error) {
		err = rows.Scan(&f.Place, &f.Device)
		return f, err
	}, qKnown, id, place, device, db.now().Add(-signin.KnownLasts).UnixMilli())
}

// RememberFrom notes that the member signed in from the network with the device.
func (db *DB) RememberFrom(ctx context.Context, id signin.MemberID, place string, device []byte) error {
	now := db.now().UnixMilli()
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, s := range []struct {
			text string
			args []any
		}{
			{qPutPlace, []any{id, place, now}},
			{qPutDevice, []any{device, id, now}},
			{qThinPlaces, []any{id, placesKept}},
			{qThinDevices, []any{id, devicesKept}},
		} {
			if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddLink keeps the hash of a one-time link for a new password, good for signin.LinkLasts; earlier ones die.
func (db *DB) AddLink(ctx context.Context, id signin.MemberID, hash []byte) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, qDropLinks, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, qAddLink, hash, id, db.now().Add(signin.LinkLasts).UnixMilli())
		return err
	})
}

// LinkMember is the member for whom a link is, NotFound when it was used, is too old or never was.
func (db *DB) LinkMember(ctx context.Context, hash []byte) (signin.Member, error) {
	return db.linkMember(ctx, db.reader, hash)
}

func (db *DB) linkMember(ctx context.Context, q querier, hash []byte) (signin.Member, error) {
	m, err := one(ctx, q, scanMember, qLink, hash, db.now().UnixMilli())
	return m.Member, named("link", err)
}

// UseLink uses a link up and sets the password, all or nothing. The member's sessions end.
func (db *DB) UseLink(ctx context.Context, hash []byte, passwordHash string) (m signin.Member, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		if m, err = db.linkMember(ctx, tx, hash); err != nil {
			return err
		}
		if m.Disabled {
			return org.NotFound("link")
		}
		return setPassword(ctx, tx, m.ID, passwordHash)
	})
	return m, err
}
