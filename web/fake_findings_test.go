package web

import (
	"context"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func (f *fake) EachFinding(context.Context, org.Scope, org.Query, org.Settings, func(audit.KeptFinding) error) error {
	return nil
}

func (f *fake) CountFindings(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 0, nil
}
