package main

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"rollcall/internal/org"
	"rollcall/internal/stores"
	"rollcall/views"
	"rollcall/web"
)

// registrar keeps the register of API accounts for the dashboard and acts through their tokens.
type registrar struct{ h *house }

// Import registers what credentials files hold, several at the same time, and verifies each.
func (r registrar) Import(ctx context.Context, id org.AccountID, by string, files []web.NamedText) ([]views.ImportOutcome, error) {
	whole, err := r.h.db.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	outcomes := make([][]views.ImportOutcome, len(files))
	slots := make(chan struct{}, 8)
	var group sync.WaitGroup
	for i, file := range files {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			outcomes[i] = r.importFile(ctx, whole, by, file)
		})
	}
	group.Wait()
	var all []views.ImportOutcome
	for _, some := range outcomes {
		all = append(all, some...)
	}
	return all, ctx.Err()
}

func (r registrar) importFile(ctx context.Context, whole org.Account, by string, file web.NamedText) []views.ImportOutcome {
	all, err := stores.ParseCredentialFiles(file.Text)
	if err != nil {
		return []views.ImportOutcome{{Name: file.Name, Problem: org.TextOf(err)}}
	}
	var outcomes []views.ImportOutcome
	for _, one := range all {
		entry, known, err := r.h.register(ctx, whole, one, by)
		out := views.ImportOutcome{Name: file.Name, State: views.ImportAdded, Entry: entry}
		switch {
		case err != nil:
			out.State, out.Problem = views.ImportFailed, org.TextOf(err)
		case known:
			out.State = views.ImportKnown
		}
		outcomes = append(outcomes, out)
	}
	return outcomes
}

// ImportRegister adds the entries of a register without secrets.
func (r registrar) ImportRegister(ctx context.Context, id org.AccountID, by string, csv []byte) ([]views.ImportOutcome, error) {
	entries, err := stores.ParseRegister(bytes.NewReader(csv))
	if err != nil {
		return nil, err
	}
	var outcomes []views.ImportOutcome
	for _, entry := range entries {
		entry.Account, entry.AddedBy = id, by
		out := views.ImportOutcome{Name: entry.Label(), State: views.ImportAdded}
		out.Entry, err = r.h.addListed(ctx, entry)
		switch {
		case err == nil:
		case org.KindOf(err) == org.KindConflict:
			out.State, out.Problem = views.ImportKnown, org.TextOf(err)
			if found, err := r.h.db.RegisteredAs(ctx, id, entry.StoreHash, entry.ClientID, nil); err == nil { // else it has the name
				out.Entry = found
			}
		case ctx.Err() != nil:
			return outcomes, ctx.Err()
		default:
			out.State, out.Problem, out.Entry = views.ImportFailed, org.TextOf(err), entry
		}
		outcomes = append(outcomes, out)
	}
	return outcomes, nil
}

// Add registers what was typed in and verifies its token.
func (r registrar) Add(ctx context.Context, a org.APIAccount, s web.Secrets) (org.APIAccount, error) {
	s, err := usable(s)
	if err != nil {
		return a, err
	}
	added, err := r.h.db.AddAPIAccount(ctx, a, r.h.sealAPIAccount(s.Token, s.Secret))
	if err != nil || !added.HasToken {
		return added, err
	}
	added.Proof, err = r.Verify(ctx, added.Account, added.ID)
	return added, err
}

// usable trims what was typed and refuses what no header can carry. The error repeats nothing of it.
func usable(s web.Secrets) (web.Secrets, error) {
	s.Token, s.Secret = strings.TrimSpace(s.Token), strings.TrimSpace(s.Secret)
	for field, text := range map[string]string{"token": s.Token, "secret": s.Secret} {
		strange := strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' })
		if strange || len(text) > 512 {
			return s, org.Invalid(field, "This cannot be a "+field+": it has blanks, line breaks or letters that none has, or is too long. Copy only the value behind the colon.")
		}
	}
	return s, nil
}

// Update replaces what people know of an entry.
func (r registrar) Update(ctx context.Context, a org.APIAccount) error {
	return r.h.db.UpdateAPIAccount(ctx, a)
}

// ReplaceToken seals another token and verifies it.
func (r registrar) ReplaceToken(ctx context.Context, id org.AccountID, entry org.APIAccountID, s web.Secrets) (org.Proof, error) {
	s, err := usable(s)
	if err == nil && s.Token == "" {
		err = org.Invalid("token", "Paste the token.")
	}
	if err != nil {
		return org.Proof{}, err
	}
	if err := r.h.db.ReplaceAPIAccountToken(ctx, id, entry, r.h.sealAPIAccount(s.Token, s.Secret)); err != nil {
		return org.Proof{}, err
	}
	return r.Verify(ctx, id, entry)
}

// Remove takes an entry out of the register.
func (r registrar) Remove(ctx context.Context, id org.AccountID, entry org.APIAccountID) error {
	return r.h.db.RemoveAPIAccount(ctx, id, entry)
}

// Verify asks BigCommerce about the token of an entry.
func (r registrar) Verify(ctx context.Context, id org.AccountID, entry org.APIAccountID) (org.Proof, error) {
	whole, err := r.h.db.Account(ctx, id)
	if err != nil {
		return org.Proof{}, err
	}
	a, err := r.h.db.Registered(ctx, id, entry)
	if err != nil {
		return org.Proof{}, err
	}
	return r.h.verify(ctx, whole, a)
}

// PreviewReactivate is what Reactivate sends.
func (r registrar) PreviewReactivate(_ context.Context, h org.WebhookRow) (views.Request, error) {
	return r.shown(stores.ReactivateRequest(h.StoreHash, h.APIID)), nil
}

// PreviewEmails is what SetEmails sends.
func (r registrar) PreviewEmails(_ context.Context, a org.APIAccount, emails []string) (views.Request, error) {
	return r.shown(stores.EmailsRequest(a.StoreHash, emails)), nil
}

func (r registrar) shown(q stores.Request) views.Request {
	q = r.h.shops.Show(q)
	return views.Request{Method: q.Method, URL: q.URL, Body: q.Body, Headers: q.Headers}
}

// Reactivate switches a webhook on again through the token by which it was seen last.
func (r registrar) Reactivate(ctx context.Context, id org.AccountID, h org.WebhookRow) (org.Webhook, error) {
	token, err := r.token(ctx, id, h.Through.ID)
	if err != nil {
		return org.Webhook{}, err
	}
	return r.h.shops.Reactivate(ctx, token, h.APIID)
}

// SetEmails replaces who is told when webhooks of an API account are switched off.
func (r registrar) SetEmails(ctx context.Context, id org.AccountID, entry org.APIAccountID, emails []string) error {
	token, err := r.token(ctx, id, entry)
	if err != nil {
		return err
	}
	return r.h.shops.SetEmails(ctx, token, emails)
}

func (r registrar) token(ctx context.Context, id org.AccountID, entry org.APIAccountID) (stores.Token, error) {
	a, err := r.h.db.Registered(ctx, id, entry)
	if err != nil {
		return stores.Token{}, err
	}
	return r.h.tokenOf(ctx, a)
}
