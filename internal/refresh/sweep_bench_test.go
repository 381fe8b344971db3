package refresh_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
	"rollcall/internal/stores"
)

// opened reads stores through tokens that need no opening.
type opened struct {
	client *stores.Client
	uuid   string
	tokens map[org.APIAccountID]stores.Token
}

func (o *opened) ReadToken(ctx context.Context, t org.SweepToken, due refresh.Due) org.TokenRead {
	return o.client.Read(ctx, o.tokens[t.APIAccount.ID], t.Last, o.uuid, stores.Options{Clients: due.Clients, Scopes: due.Scopes})
}

// registerAll registers every API account of the sandbox.
func (w *world) registerAll(client *stores.Client) *opened {
	w.t.Helper()
	o := &opened{client: client, uuid: w.acct.UUID, tokens: map[org.APIAccountID]stores.Token{}}
	for _, c := range w.server.Credentials(w.acct.UUID) {
		a, err := w.db.AddAPIAccount(context.Background(), org.APIAccount{
			Account: w.acct.ID, StoreHash: c.StoreHash, Name: c.Name, Kind: org.APIAccountToken, AddedBy: "test",
		}, func(org.APIAccountID) (org.SealedSecrets, error) {
			return org.SealedSecrets{Token: []byte("sealed"), TokenLast4: c.Token[len(c.Token)-4:], Print: []byte(c.Token)}, nil
		})
		if err != nil {
			w.t.Fatalf("register: %v", err)
		}
		o.tokens[a.ID] = stores.Token{StoreHash: c.StoreHash, Secret: c.Token}
	}
	return o
}

// BenchmarkSweep syncs 1,000 stores with 3 tokens each, every answer of a store after 100 ms; one store hangs, one
// answers HTML, one is suspended. The first sync asks all dear questions, the second only those of its day. Figures: until
// the accesses are closed, until everything is.
func BenchmarkSweep(b *testing.B) {
	for b.Loop() {
		cfg := sandbox.Config{Shape: sandbox.Shape{Stores: 1000, UsersPerStore: 10, APIAccounts: 3, Uneventful: true}}
		cfg.Rest.Latency = 100 * time.Millisecond
		cfg.Rest.Faults = map[string]string{"10": "hang", "20": "html", "30": "503-suspended"}
		w, closeWorld := buildWorld(b, b.TempDir(), cfg)
		web := httptest.NewServer(w.server)
		client := stores.New(stores.Config{URL: web.URL, Version: "test", Timeout: 10 * time.Second})
		w.sync.Sweep = &refresh.Sweep{Reader: w.registerAll(client), History: w.db}
		for _, name := range []string{"first", "next"} {
			start := time.Now()
			var closed time.Duration
			result := w.run(refresh.Options{Rest: true, Closed: func(refresh.Result) { closed = time.Since(start) }})
			b.ReportMetric(closed.Seconds(), "s-closed-"+name)
			b.ReportMetric(time.Since(start).Seconds(), "s-all-"+name)
			if result.State != org.Complete {
				b.Errorf("got %+v", result)
			}
		}
		for _, problem := range w.query(`SELECT s.hash || ': ' || f.error FROM facet_now f JOIN store s ON s.id = f.store_id WHERE f.facet = 6`) {
			b.Log(problem)
		}
		b.Log(w.query(`SELECT count(*) || ' webhooks' FROM hook`), w.server.RestStats().Requests)
		web.Close()
		closeWorld()
	}
}
