package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"rollcall/internal/org"
)

// Names of settings in the table.
const (
	settingZone         = "zone"
	settingInactiveDays = "inactive_days"
	settingDailySync    = "daily_sync"
	settingSyncAt       = "sync_at"
	settingKeyID        = "key_id"
)

var (
	qSettings   = query(`SELECT name, value FROM setting`)
	qSetSetting = query(`INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`)
)

func settings(ctx context.Context, q querier) (map[string]string, error) {
	values := map[string]string{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var name, value string
		err := rows.Scan(&name, &value)
		values[name] = value
		return err
	}, qSettings)
	return values, err
}

// Settings are the installation's choices, defaults where nothing was chosen.
func (db *DB) Settings(ctx context.Context) (org.Settings, error) {
	values, err := settings(ctx, db.reader)
	if err != nil {
		return org.Settings{}, err
	}
	return parseSettings(values), nil
}

// parseSettings keeps the default for what cannot be read: a zone may have vanished with an update of the system.
func parseSettings(values map[string]string) org.Settings {
	s := org.DefaultSettings()
	if zone, err := time.LoadLocation(values[settingZone]); err == nil && values[settingZone] != "" {
		s.Zone = zone
	}
	if days, err := strconv.Atoi(values[settingInactiveDays]); err == nil && days > 0 {
		s.InactiveDays = days
	}
	if daily, err := strconv.ParseBool(values[settingDailySync]); err == nil {
		s.DailySync = daily
	}
	if at := values[settingSyncAt]; validClock(at) {
		s.SyncAt = at
	}
	return s
}

func validClock(text string) bool {
	_, err := time.Parse("15:04", text)
	return err == nil && len(text) == len("15:04")
}

func inactiveDays(ctx context.Context, q querier) (int, error) {
	values, err := settings(ctx, q)
	return parseSettings(values).InactiveDays, err
}

// SaveSettings checks and stores the installation's choices; an Invalid error names the field that cannot be used.
func (db *DB) SaveSettings(ctx context.Context, s org.Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	values := map[string]string{
		settingZone: s.Zone.String(), settingInactiveDays: strconv.Itoa(s.InactiveDays),
		settingDailySync: strconv.FormatBool(s.DailySync), settingSyncAt: s.SyncAt,
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		for name, value := range values {
			if _, err := tx.ExecContext(ctx, qSetSetting, name, value); err != nil {
				return fmt.Errorf("save setting %s: %w", name, err)
			}
		}
		return nil
	})
}

// KeyID names the master key that sealed the stored secrets, empty while none was sealed.
func (db *DB) KeyID(ctx context.Context) (string, error) {
	values, err := settings(ctx, db.reader)
	return values[settingKeyID], err
}

// SetKeyID records the name of the master key.
func (db *DB) SetKeyID(ctx context.Context, id string) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qSetSetting, settingKeyID, id)
		return err
	})
}
