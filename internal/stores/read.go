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
	if read.Proof.ClientID == "" && hooks != nil {
		read.Proof.ClientID = clientOf(hooks.Hooks)
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

// clientOf is the client ID that all webhooks name: a token sees only those of its own client (facts 2.1).
func clientOf(hooks []org.Webhook) string {
	client := ""
	for _, h := range hooks {
		if client != "" && h.ClientID != client {
			return ""
		}
		client = h.ClientID
	}
	return client
}
