package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"rollcall/internal/org"
)

// packedAtOnce is for how many snapshots one pass over the sign-ins packs rows; it bounds the memory of a first packing.
const packedAtOnce = 200

var (
	qUnpacked = query(`SELECT id FROM snapshot WHERE account_id = ?1 AND state <> 'running' AND id <= ?2
    AND id > coalesce((SELECT max(snapshot_id) FROM sign_in_day WHERE account_id = ?1), 0) ORDER BY id LIMIT ?3`)
	qLastPacked  = query(`SELECT coalesce(max(snapshot_id), 0) FROM sign_in_day WHERE account_id = ?1`)
	qNewLoginsOf = query(`SELECT store_id, user_id, valid_from, at FROM sign_in
  WHERE store_id IN (SELECT id FROM store WHERE account_id = ?1) AND valid_from > ?2 AND valid_from <= ?3
  ORDER BY store_id, user_id, valid_from`)
	qPack = query(`INSERT INTO sign_in_day (account_id, snapshot_id, whole, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`)
)

// packHistory packs the sign-ins of the closed snapshots up to newest that were not packed yet. What closed snapshots
// hold does not change, so it can be done at any time after, and by two processes at once.
func (db *DB) packHistory(ctx context.Context, account org.AccountID, newest org.SnapshotID) error {
	for {
		p, err := db.newPacker(ctx, account, newest)
		if err != nil || len(p.days) == 0 {
			return err
		}
		if err := db.export(ctx, func(tx *sql.Tx) error { return p.read(ctx, tx) }); err != nil {
			return err
		}
		if err := db.write(ctx, func(tx *sql.Tx) error { return p.write(ctx, tx) }); err != nil {
			return err
		}
	}
}

// packer packs some snapshots that follow each other.
type packer struct {
	account org.AccountID
	after   org.SnapshotID   // the last packed before; 0: none
	days    []org.SnapshotID // to pack
	news    [][]packedLogin  // of each day
	state   []packedLogin    // of all accesses, as of the last day written
	whole   int              // bytes of the last whole row
	since   int              // bytes of the rows after it
}

func (db *DB) newPacker(ctx context.Context, account org.AccountID, newest org.SnapshotID) (p *packer, err error) {
	p = &packer{account: account}
	if p.days, err = all(ctx, db.reader, scalar[org.SnapshotID], qUnpacked, account, newest, packedAtOnce); err != nil || len(p.days) == 0 {
		return p, err
	}
	p.news = make([][]packedLogin, len(p.days))
	if p.after, err = one(ctx, db.reader, scalar[org.SnapshotID], qLastPacked, account); err != nil || p.after == 0 {
		return p, err
	}
	_, err = db.eachPacked(ctx, db.reader, account, p.after, func(pack packedLogins) error {
		if p.state == nil {
			p.whole = len(pack)
		} else {
			p.since += len(pack)
		}
		return p.apply(pack)
	})
	return p, err
}

// apply adds a row to the state.
func (p *packer) apply(pack packedLogins) error {
	var news []packedLogin
	err := pack.each(func(store org.StoreID) func(org.UserID, int64) {
		return func(user org.UserID, at int64) { news = append(news, packedLogin{store, user, at}) }
	})
	p.state = mergeLogins(p.state, news)
	return err
}

// read sorts the sign-ins that came after the last packed snapshot by the day that saw them.
func (p *packer) read(ctx context.Context, q querier) error {
	last := p.days[len(p.days)-1]
	return each(ctx, q, func(rows *sql.Rows) error {
		var l packedLogin
		var from org.SnapshotID
		var at sql.NullInt64
		if err := rows.Scan(&l.store, &l.user, &from, &at); err != nil {
			return err
		}
		l.at = loginSeconds(at)
		day, _ := slices.BinarySearch(p.days, from)
		news := p.news[day]
		if n := len(news); n > 0 && news[n-1].store == l.store && news[n-1].user == l.user {
			news[n-1] = l
			return nil
		}
		p.news[day] = append(news, l)
		return nil
	}, qNewLoginsOf, p.account, p.after, last)
}

// write adds a row for every day: whole when the rows since the last whole one have become longer than it.
func (p *packer) write(ctx context.Context, tx *sql.Tx) error {
	for i, day := range p.days {
		if len(p.news[i]) > 0 {
			p.state = mergeLogins(p.state, p.news[i])
		}
		pack, whole := packLogins(p.news[i]), p.after == 0 && i == 0
		if p.since += len(pack); p.since > p.whole || whole {
			whole, pack = true, packLogins(p.state)
			p.whole, p.since = len(pack), 0
		}
		p.news[i] = nil
		if _, err := tx.ExecContext(ctx, qPack, p.account, day, whole, []byte(pack)); err != nil {
			return err
		}
	}
	return nil
}
