package account

import (
	"context"
	"encoding/json"
	"fmt"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

// Read sends one request for as many of the wants as fit and returns the pages that came, those of wants that the
// token may not read included. Wants without a page are to be asked again. Pages of new stores may come unasked.
// See refresh.Reader for the errors; a Reading with an error tells what was asked and spent.
func (c *Client) Read(ctx context.Context, wants []org.Want) (org.Reading, error) {
	learned, err := c.recall(ctx)
	if err != nil {
		return org.Reading{}, err
	}
	request := plan.Next(learned, wants)
	reading := org.Reading{Asked: request.Lists(), Pages: deniedPages(request.Denied)}
	if len(request.Ops) == 0 {
		return reading, nil
	}
	data, record, err := c.batch(ctx, compose(request), "Rollcall")
	if record.sent {
		reading.Requests = 1
	}
	reading.ReadAt = record.at
	outcome := plan.Outcome{Request: request, Kind: record.kind, Failed: err != nil, Slow: record.slow(), Score: record.score()}
	if err == nil {
		reading.AccountID, reading.AccountName = data.text("id"), data.info()
		pages := c.collect(request, data, record.errors, &outcome)
		reading.Pages = append(reading.Pages, pages...)
	} else if !record.sent {
		return reading, err
	}
	outcome.Refused = plan.Refused{Score: record.refusal.score, Limit: record.refusal.limit, Cap: record.refusal.cap}
	if saved := c.learn(ctx, outcome); saved != nil && err == nil {
		err = saved
	}
	return reading, aside(outcome, c.soften(outcome, err))
}

// collect turns the answer into pages and notes what the planner can learn from them.
func (c *Client) collect(request plan.Request, data batch, errors []answerError, outcome *plan.Outcome) []org.Page {
	var pages []org.Page
	for _, part := range parts(request, data, errors) {
		if part.op.Probe {
			outcome.Parts = append(outcome.Parts, part.probed())
			continue
		}
		came := part.pages()
		outcome.Parts = append(outcome.Parts, plan.PartOf(came))
		for i := range came {
			part.outgrown(&came[i])
		}
		pages = append(pages, came...)
	}
	return pages
}

// probed tells whether apps could be read.
func (p part) probed() plan.Part {
	var group AppGroup
	if decode(p.raw, &group) != nil || len(group.Edges) == 0 {
		return plan.Part{}
	}
	answered := group.Edges[0] != nil && group.Edges[0].Node.Apps.Edges != nil
	return plan.Part{Answered: answered, Denied: !answered && p.denied}
}

// soften replaces the refusal of a request that also tried to read apps: what it means shows without them.
func (c *Client) soften(outcome plan.Outcome, err error) error {
	if err == nil || !outcome.SuspectsApps() || !c.blamesApps() {
		return err
	}
	return org.Problem(org.KindTooComplex, "BigCommerce refused a request that also asked for apps. Rollcall asks without them.", err)
}

func (c *Client) blamesApps() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.learned.Apps == plan.Suspected || c.learned.Apps == plan.DeniedAll
}

// deniedPages answers wants that the token is known not to be allowed.
func deniedPages(wants []org.Want) []org.Page {
	var pages []org.Page
	for _, want := range wants {
		reason := "The token lacks the scope account_apps_read (Account Apps, read-only)."
		if want.List.Kind == org.ListSubscriptions {
			reason = noSubscriptions
		}
		pages = append(pages, org.Page{List: want.List, After: want.After, Total: -1, Kind: org.KindScope, Problem: reason})
	}
	return pages
}

// recall gives what was learned so far.
func (c *Client) recall(ctx context.Context) (plan.Learned, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded || c.memory == nil {
		return c.learned, nil
	}
	data, err := c.memory.Learned(ctx, c.account)
	if err != nil {
		return plan.Learned{}, fmt.Errorf("recall what was learned of the account API: %w", err)
	}
	if json.Unmarshal(data, &c.learned) != nil {
		c.learned = plan.Learned{} // what an older version wrote is learned anew
	}
	c.learned, c.loaded = c.learned.With(org.Last4(c.token)), true
	return c.learned, nil
}

// learn takes an outcome into account and keeps what changed.
func (c *Client) learn(ctx context.Context, outcome plan.Outcome) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, err := json.Marshal(c.learned)
	if err != nil {
		return fmt.Errorf("encode what was learned: %w", err)
	}
	c.learned = c.learned.After(outcome)
	after, err := json.Marshal(c.learned)
	if err != nil {
		return fmt.Errorf("encode what was learned: %w", err)
	}
	if c.memory == nil || string(before) == string(after) {
		return nil
	}
	if err := c.memory.Learn(context.WithoutCancel(ctx), c.account, after); err != nil {
		return fmt.Errorf("keep what was learned of the account API: %w", err)
	}
	return nil
}
