package export

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"rollcall/internal/org"
)

// ManifestCoverage says how much of the truth a file about webhooks or API accounts can hold: webhooks of clients
// without a registered token are invisible (facts 2.1).
type ManifestCoverage struct {
	Stores         int              `json:"stores"`
	WithToken      int              `json:"stores_with_token"`
	StoresRead     int              `json:"stores_read"` // of which every token was read
	Tokens         int              `json:"tokens"`
	TokensRead     int              `json:"tokens_read"`
	Clients        int              `json:"clients"`
	UnknownClients int              `json:"unknown_clients"` // named by metafields, in no register entry
	ReadFrom       *time.Time       `json:"read_from"`
	ReadTo         *time.Time       `json:"read_to"`
	Says           string           `json:"says"`
	Failed         []UncoveredStore `json:"failed"`
}

// UncoveredStore is a store that has no token in the register, or one that was not read.
type UncoveredStore struct {
	Hash       string     `json:"store_hash"`
	Name       string     `json:"store_name"`
	Tokens     int        `json:"tokens"`
	TokensRead int        `json:"tokens_read"`
	ReadAt     *time.Time `json:"read_at"` // of the oldest data shown; null when there are none
	Reason     string     `json:"reason"`
}

// coverageOf is the coverage of kinds that rest on registered tokens, nil for others.
func coverageOf(ctx context.Context, source Source, job Job) (*ManifestCoverage, error) {
	if job.Kind != Webhooks && job.Kind != APIAccounts {
		return nil, nil
	}
	c, failed, err := source.HooksRead(ctx, job.Scope, job.query(), job.Settings)
	if err != nil {
		return nil, err
	}
	m := &ManifestCoverage{
		Stores: c.Stores, WithToken: c.WithToken, StoresRead: c.StoresRead, Tokens: c.Tokens, TokensRead: c.TokensRead,
		Clients: c.Clients, UnknownClients: c.Foreign, ReadFrom: timeOrNull(c.ReadFrom), ReadTo: timeOrNull(c.ReadTo),
		Says:   "Seen through registered tokens. Webhooks of clients without a registered token are invisible.",
		Failed: make([]UncoveredStore, 0, len(failed)),
	}
	for _, s := range failed {
		m.Failed = append(m.Failed, UncoveredStore{
			Hash: s.StoreHash, Name: s.StoreName, Tokens: s.Tokens, TokensRead: s.TokensRead, ReadAt: timeOrNull(s.ReadAt), Reason: uncovered(s),
		})
	}
	return m, nil
}

func uncovered(s org.StoreCoverage) string {
	if s.Tokens == 0 {
		return "The register holds no token for this store."
	}
	return fmt.Sprintf("%d of %d tokens were not read; what they showed before counts.", s.Tokens-s.TokensRead, s.Tokens)
}

// complete tells whether every store has a token and every token was read.
func (c *ManifestCoverage) complete() bool {
	return c == nil || c.StoresRead == c.Stores && c.TokensRead == c.Tokens
}

func (c *ManifestCoverage) words() string {
	return fmt.Sprintf("seen through %d of %d tokens in %d of %d stores", c.TokensRead, c.Tokens, c.WithToken, c.Stores)
}

// textNumber writes an id: a number in which no spreadsheet program may drop digits.
func (r *row) textNumber(n int64) { r.text(strconv.FormatInt(n, 10)) }

// knownList writes a list, or that it is unknown.
func (r *row) knownList(items []string, known bool) {
	if !known {
		r.unknownList()
		return
	}
	r.list(items)
}
