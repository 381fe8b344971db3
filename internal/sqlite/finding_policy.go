package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var (
	qPolicies   = query(`SELECT id, by, at, policy FROM policy_version WHERE account_id = ? ORDER BY id DESC LIMIT ?`)
	qPutPolicy  = query(`INSERT INTO policy_version (account_id, by, at, policy) VALUES (?, ?, ?, ?)`)
	qHasAccount = query(`SELECT count(*) FROM account WHERE id = ?`)
)

func scanPolicy(rows *sql.Rows) (p audit.PolicyVersion, err error) {
	var at int64
	var text []byte
	if err = rows.Scan(&p.ID, &p.By, &at, &text); err != nil {
		return p, err
	}
	p.At = fromMillis(at)
	return p, json.Unmarshal(text, &p.Policy) // it was checked when it was saved; rules that are gone since do no harm
}

// AuditPolicy is what the rules of an account go by, the zero version of it while nobody saved one. InactiveDays is always
// that of the Settings: there is one such number for pages, files and rules.
func (db *DB) AuditPolicy(ctx context.Context, account org.AccountID) (audit.PolicyVersion, error) {
	p, err := one(ctx, db.reader, scanPolicy, qPolicies, account, 1)
	if err != nil && !errors.Is(err, errNone) {
		return p, err
	}
	p.Policy.InactiveDays, err = inactiveDays(ctx, db.reader)
	return p, err
}

// policiesShown is how many versions of a policy AuditPolicies lists.
const policiesShown = 200

// AuditPolicies lists the policies of an account, the newest first. Their InactiveDays is 0.
func (db *DB) AuditPolicies(ctx context.Context, account org.AccountID) ([]audit.PolicyVersion, error) {
	return all(ctx, db.reader, scanPolicy, qPolicies, account, policiesShown)
}

// SaveAuditPolicy keeps a policy as the newest version; the rules are applied by it to the newest snapshot when findings are
// evaluated next. Its InactiveDays is left to the Settings. An Invalid error names the field that cannot be used.
func (db *DB) SaveAuditPolicy(ctx context.Context, account org.AccountID, p audit.Policy, by string) (saved audit.PolicyVersion, err error) {
	p.InactiveDays = 0
	if err := p.Check(); err != nil {
		return saved, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return saved, err
	}
	saved = audit.PolicyVersion{Policy: p, By: by, At: db.now().UTC()}
	err = db.write(ctx, func(tx *sql.Tx) error {
		if n, err := one(ctx, tx, scalar[int], qHasAccount, account); err != nil || n == 0 {
			return firstError(err, org.NotFound("account"))
		}
		result, err := tx.ExecContext(ctx, qPutPolicy, account, by, saved.At.UnixMilli(), string(text))
		if err != nil {
			return err
		}
		if saved.ID, err = result.LastInsertId(); err != nil {
			return err
		}
		saved.Policy.InactiveDays, err = inactiveDays(ctx, tx)
		return err
	})
	return saved, err
}
