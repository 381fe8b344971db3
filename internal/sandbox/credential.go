package sandbox

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Credential is what the maker of an API account was shown once, and what the sandbox knows beside it.
type Credential struct {
	AccountUUID string    `json:"account_uuid"` // the account that its store really belongs to
	StoreHash   string    `json:"store_hash"`
	Name        string    `json:"name"`
	Kind        string    `json:"kind"` // KindToken, KindStencil or KindApp
	Purpose     string    `json:"purpose"`
	ClientID    string    `json:"client_id"`
	Token       string    `json:"token"`
	Secret      string    `json:"secret"`
	Path        string    `json:"path"`
	Scopes      []string  `json:"scopes"` // as granted, without those that nobody chooses
	Needs       []string  `json:"needs"`  // what its purpose takes; fewer when it is over-scoped
	Created     time.Time `json:"created"`
	Deleted     time.Time `json:"deleted,omitzero"` // when it was deleted, which ends the token; zero: it lives
	WrongUUID   string    `json:"wrong_uuid,omitempty"`
}

// Live says whether the token is still good.
func (c Credential) Live() bool { return c.Deleted.IsZero() }

func (a *apiAccount) credential(w *World) Credential {
	c := Credential{
		AccountUUID: w.uuid, StoreHash: a.store.hash, Name: a.name, Kind: a.kind, Purpose: a.purpose, ClientID: a.clientID, Token: a.token, Secret: a.secret,
		Path: "https://api.bigcommerce.com/stores/" + a.store.hash + "/v3/", Scopes: slices.Clone(a.scopes), Needs: slices.Clone(a.needs),
		Created: time.Unix(a.created, 0).UTC(), WrongUUID: a.accountUUID,
	}
	if !a.live() {
		c.Deleted = time.Unix(a.deleted, 0).UTC()
	}
	return c
}

// Credentials lists the API accounts of every store that is open, deleted ones included, by store and age.
func (w *World) Credentials() []Credential {
	var all []Credential
	for _, s := range w.stores {
		for _, a := range s.shop.accounts {
			all = append(all, a.credential(w))
		}
	}
	return all
}

// Credentials lists the API accounts of one account of the server; nil for an unknown UUID.
func (s *Server) Credentials(uuid string) []Credential {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if w := s.worlds[uuid]; w != nil {
		return w.Credentials()
	}
	return nil
}

// AccountCredential gives the account-level API account of an account; its Path ends in its UUID and /graphql. It panics
// for an account that is not there.
func (s *Server) AccountCredential(uuid string) Credential {
	for token, a := range s.tokens {
		if a.UUID != uuid {
			continue
		}
		rng := rand.New(rand.NewPCG(s.cfg.Seed, hashText(uuid)))
		return Credential{
			AccountUUID: uuid, Name: "Rollcall", Kind: KindAccount, Purpose: "reads users and stores", Token: token,
			ClientID: randomText(rng, base36, 31), Secret: randomText(rng, "0123456789abcdef", 64), Path: "https://api.bigcommerce.com/accounts/" + uuid + "/graphql",
			Scopes: slices.Clone(a.Scopes), Needs: slices.Clone(a.Scopes), Created: s.cfg.Start,
		}
	}
	panic("sandbox: no account " + uuid)
}

// Layouts of credential files (facts 3.5).
const (
	LayoutA = 'A' // ACCESS TOKEN, CLIENT NAME, API PATH, CLIENT ID, CLIENT SECRET
	LayoutB = 'B' // ACCESS TOKEN, CLIENT ID, CLIENT SECRET, NAME, API PATH
	LayoutC = 'C' // ACCESS TOKEN, CLIENT NAME, CLIENT ID, CLIENT SECRET, NAME, API PATH
)

// File gives the text file that the control panel offers when an API account is made, in one of the layouts.
func (c Credential) File(layout rune) string {
	values := map[string]string{
		"ACCESS TOKEN": c.Token, "CLIENT NAME": c.Name, "NAME": c.Name, "API PATH": c.Path, "CLIENT ID": c.ClientID, "CLIENT SECRET": c.Secret,
	}
	order := map[rune]string{
		LayoutA: "ACCESS TOKEN,CLIENT NAME,API PATH,CLIENT ID,CLIENT SECRET",
		LayoutB: "ACCESS TOKEN,CLIENT ID,CLIENT SECRET,NAME,API PATH",
		LayoutC: "ACCESS TOKEN,CLIENT NAME,CLIENT ID,CLIENT SECRET,NAME,API PATH",
	}
	var file strings.Builder
	for label := range strings.SplitSeq(order[layout], ",") {
		file.WriteString(label + ": " + values[label] + "\n")
	}
	return file.String()
}

// FileName is the name under which a browser would save it.
func (c Credential) FileName() string { return "BigCommerceAPI-credentials-" + c.ClientID + ".txt" }
