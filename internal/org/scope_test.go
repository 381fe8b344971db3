package org_test

import (
	"errors"
	"testing"
	"time"

	"rollcall/internal/org"
)

func TestSettingsCheck(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*org.Settings){
		"":     func(*org.Settings) {},
		"zone": func(s *org.Settings) { s.Zone = time.Local },
		"days": func(s *org.Settings) { s.InactiveDays = 0 },
		"at":   func(s *org.Settings) { s.SyncAt = "24:00" },
	} {
		s := org.DefaultSettings()
		change(&s)
		var e *org.Error
		if err := s.Check(); (err == nil) != (field == "") || errors.As(err, &e) && e.Field != field {
			t.Errorf("%q: %v", field, err)
		}
	}
	for _, at := range []string{"", "2:00", "02:60", "02:00 ", "ab:cd", "24:00"} {
		s := org.DefaultSettings()
		if s.SyncAt = at; s.Check() == nil {
			t.Errorf("%q is taken as a time of day", at)
		}
	}
}
