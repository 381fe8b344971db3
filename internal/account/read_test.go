package account_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

// open gives a client of a sandbox, without a socket and without a quota of its own.
func open(cfg sandbox.Config) (*account.Client, *sandbox.Server) {
	if cfg.Quota == 0 {
		cfg.Quota = -1
	}
	server := sandbox.New(cfg)
	client := account.New(account.Config{
		UUID: server.UUIDs()[0], Token: sandbox.DefaultToken,
		HTTP: &http.Client{Transport: server.Transport()}, Version: "test",
	})
	return client, server
}

func TestReadThreeStores(t *testing.T) {
	client, server := open(sandbox.Config{Shape: sandbox.Shape{Stores: 3, UsersPerStore: 4}})
	reading, err := client.Read(context.Background(), []org.Want{{List: org.List{Kind: org.ListStores}, Left: -1}})
	if err != nil {
		t.Fatal(err)
	}
	truth := server.Truth(server.UUIDs()[0])
	if reading.AccountName != truth.Name || reading.Requests != 1 {
		t.Errorf("got account %q in %d requests, want %q in 1", reading.AccountName, reading.Requests, truth.Name)
	}
	i := slices.IndexFunc(reading.Pages, func(p org.Page) bool { return p.List.Kind == org.ListStores })
	if i < 0 || len(reading.Pages[i].Stores) != 3 {
		t.Fatalf("pages %+v, want one with three stores", reading.Pages)
	}
	users := 0
	for _, page := range reading.Pages {
		users += len(page.Users)
	}
	if want := len(truth.Accesses()); users != want {
		t.Errorf("got %d accesses, want %d", users, want)
	}
}
