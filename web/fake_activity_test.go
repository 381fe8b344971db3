package web

import (
	"context"

	"rollcall/internal/org"
)

func (f *fake) EachActivity(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.ActivityRow) error) error {
	page, err := f.ActivityPage(context.Background(), 1, org.Query{})
	for i := range page.Rows {
		if err == nil {
			err = row(page.Rows[i])
		}
	}
	return err
}

func (f *fake) ActivityHead(context.Context) (org.ActivityHead, error) {
	return org.ActivityHead{Count: int64(len(f.activity))}, nil
}

func (f *fake) ActivityChoices(context.Context, org.AccountID) (actors, actions []org.Choice, err error) {
	return []org.Choice{{Value: "Ann"}}, []org.Choice{{Value: "sync"}}, nil
}

func (f *fake) ActivityProof(context.Context) (org.ActivityProof, error) {
	return org.ActivityProof{}, nil
}
