package stores

import (
	"context"

	"rollcall/internal/org"
)

// Read verifies a token as Verify does, and reads what is due through it: webhooks always, scopes and client IDs by the
// options. Hooks is nil when they could not be read at all; the proof's cause says why. APIAccount is left to the caller.
func (c *Client) Read(ctx context.Context, t Token, last org.Proof, accountUUID string, o Options) org.TokenRead {
	v := c.visit(t)
	if p, done := v.unsent(last); done {
		return org.TokenRead{Proof: p, ReadAt: c.now()}
	}
	hooks, refused := v.hooks(ctx)
	read := org.TokenRead{Hooks: hooks, ReadAt: c.now()}
	read.Proof = v.prove(ctx, refused, last, accountUUID, o.Scopes)
	if hooks != nil {
		read.Proof = named(read.Proof, hooks.Hooks)
	}
	if read.Proof.State == org.ProofWrongStore {
		read.Hooks = nil // they are another store's
	}
	if o.Clients && read.Proof.State.Works() {
		read.Clients, read.ClientsSay = v.clients(ctx, read.Proof)
	}
	read.Requests = v.requests
	return read
}

// named takes the client ID from the webhooks when nothing else told it: a token sees only those of its own client
// (facts 2.1).
func named(p org.Proof, hooks []org.Webhook) org.Proof {
	if p.ClientID != "" || !p.State.Works() || len(hooks) == 0 {
		return p
	}
	for _, h := range hooks {
		if h.ClientID != hooks[0].ClientID {
			return p
		}
	}
	p.ClientID = hooks[0].ClientID
	return p
}
