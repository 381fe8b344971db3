package sqlite

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"rollcall/internal/signin"
)

// Names of the policy's settings: minutes, minutes, words of roles.
const (
	settingIdle  = "session_idle"
	settingTotal = "session_total"
	settingTOTP  = "totp_roles"
)

// Policy is what the installation demands of sessions and second factors.
func (db *DB) Policy(ctx context.Context) (signin.Policy, error) { return policyOf(ctx, db.reader) }

func policyOf(ctx context.Context, q querier) (signin.Policy, error) {
	values, err := settings(ctx, q)
	return parsePolicy(values[settingIdle], values[settingTotal], values[settingTOTP]), err
}

// parsePolicy keeps the default for what cannot be read.
func parsePolicy(idle, total, totp string) signin.Policy {
	p := signin.DefaultPolicy()
	if minutes, err := strconv.Atoi(total); err == nil {
		p = usable(p, func(p *signin.Policy) { p.Total = time.Duration(minutes) * time.Minute })
	}
	if minutes, err := strconv.Atoi(idle); err == nil {
		p = usable(p, func(p *signin.Policy) { p.Idle = time.Duration(minutes) * time.Minute })
	}
	if roles, err := signin.ParseRoles(totp); err == nil {
		p.TOTP = roles
	}
	return p
}

// usable takes a change if the policy can be used with it.
func usable(p signin.Policy, change func(*signin.Policy)) signin.Policy {
	next := p
	change(&next)
	next.Idle = min(next.Idle, next.Total)
	if next.Check() != nil {
		return p
	}
	return next
}

// SavePolicy checks and stores the policy. It acts on sessions that are open.
func (db *DB) SavePolicy(ctx context.Context, p signin.Policy) error {
	if err := p.Check(); err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, s := range [][2]string{
			{settingIdle, strconv.Itoa(int(p.Idle.Minutes()))},
			{settingTotal, strconv.Itoa(int(p.Total.Minutes()))},
			{settingTOTP, p.TOTPWords()},
		} {
			if _, err := tx.ExecContext(ctx, qSetSetting, s[0], s[1]); err != nil {
				return err
			}
		}
		return nil
	})
}
