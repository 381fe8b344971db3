package export_test

import (
	"context"

	"rollcall/internal/org"
)

func (f *fake) EachActivity(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.ActivityRow) error) error {
	return eachOf([]org.ActivityRow{
		{ID: 7, At: at("2026-03-30T09:00:00.25Z"), Actor: "ann@example.com", Session: "5e55", Action: "sign-in", Subject: "ann@example.com", Address: "192.0.2.7", Request: "REQ7", Outcome: "done", Hash: org.ActivityHash{7}},
		{ID: 8, At: at("2026-03-30T09:01:00Z"), Account: 1, Actor: "local:root", Action: "store.labels", Subject: "=a1b2c3", Outcome: "done", Before: "", After: "live, \"EMEA\"", Hash: org.ActivityHash{8}},
	}, row, f.fail)
}

func (f *fake) ActivityHead(context.Context) (org.ActivityHead, error) {
	return org.ActivityHead{Count: 8, Hash: org.ActivityHash{8}}, nil
}
