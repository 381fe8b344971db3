package org

import (
	"fmt"
	"regexp"
	"time"
)

// Scope is the boundary of a read: whose data may be seen. Every read takes one; the database applies it.
type Scope struct {
	Account AccountID
	Stores  []StoreID // nil: all stores of the account
}

// Settings are the choices of the installation that change what pages and files say.
type Settings struct {
	Zone         *time.Location // display zone; files are always UTC
	InactiveDays int            // threshold of "inactive", counted back from a store's read
	DailySync    bool
	SyncAt       string // HH:MM in Zone
}

// DefaultSettings are those of a new installation.
func DefaultSettings() Settings {
	return Settings{Zone: time.UTC, InactiveDays: 90, DailySync: true, SyncAt: "02:00"}
}

var clockForm = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

// Check tells which setting cannot be used; the error's Field is zone, days or at.
func (s Settings) Check() error {
	switch {
	case s.Zone == nil || s.Zone == time.Local:
		return Invalid("zone", "Choose a time zone like UTC or Europe/Berlin.")
	case s.InactiveDays < 1 || s.InactiveDays > 3650:
		return Invalid("days", "The days must be a whole number from 1 to 3650.")
	case !clockForm.MatchString(s.SyncAt):
		return Invalid("at", fmt.Sprintf("%q is no time of day. Use hours and minutes like 02:00.", s.SyncAt))
	}
	return nil
}

// Quota is the state of an account's request quota.
type Quota struct {
	Limit   int
	Used    int
	Reserve int // kept for members' actions
	ResetAt time.Time
}

// Left is how many requests can still be sent in this window.
func (q Quota) Left() int { return max(0, q.Limit-q.Used) }
