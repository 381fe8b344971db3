package plan

import (
	"slices"

	"rollcall/internal/org"
)

// Subscriptions are small and not urgent, but an error of theirs fails the whole answer: no field above them may be null
// (facts 1.3). So they ride along only while they were last read without trouble. Until that is known, and after a request
// with them failed, they are asked for alone when the accesses are read: finding out costs one request and spoils nothing.

// aloneBills is the want for subscriptions while they must not share a request; nil when there is none or they may.
func (l Learned) aloneBills(wants []org.Want) *org.Want {
	i := slices.IndexFunc(wants, func(w org.Want) bool { return w.List.Kind == org.ListSubscriptions })
	if i < 0 || l.Billing == DeniedAll || l.Billing == Works && wants[i].Tries == 0 {
		return nil
	}
	return &wants[i]
}

// retestsBills tells whether the sync that begins asks again for what was denied.
func (l Learned) retestsBills() bool { return l.Syncs > 0 && l.Syncs%retestEvery == 0 }

// bills asks for the next page of subscriptions if there is room for it.
func (b *builder) bills() {
	if b.s.bills == nil {
		return
	}
	w := *b.s.bills
	op := Op{Kind: w.List.Kind, First: b.sizeOf(w), After: w.After}
	if len(b.ops) == 0 {
		op.First = max(1, b.most(op.First, func(n int) Op { return Op{Kind: op.Kind, First: n, After: op.After} }))
	}
	if len(b.ops) == 0 || b.fits(op) {
		b.add(op)
	}
}

// asksBills tells whether subscriptions are among the ops.
func (r Request) asksBills() bool {
	return slices.ContainsFunc(r.Ops, func(op Op) bool { return op.Kind == org.ListSubscriptions })
}

// OnlySubscriptions tells whether nothing but subscriptions is asked for.
func (r Request) OnlySubscriptions() bool { return len(r.Ops) == 1 && r.asksBills() }

// BlamesSubscriptions tells whether a request failed in a way that may be due to the subscriptions in it.
func (o Outcome) BlamesSubscriptions() bool {
	switch o.Kind {
	case org.KindScope, org.KindUnavailable, org.KindBroken, org.KindRejected:
		return o.Failed && o.Request.asksBills()
	}
	return false
}

// withoutBills keeps subscriptions out of other requests. Refused alone for want of permission, they are denied.
func (l Learned) withoutBills(o Outcome) Learned {
	l.Billing = ""
	if o.Kind == org.KindScope && o.Request.OnlySubscriptions() {
		l.Billing = DeniedAll
	}
	if o.Slow {
		l = l.slow(o.Request.UserSlots())
	}
	return l
}

// bills learns from an answer about subscriptions.
func (l Learned) bills(p Part) Learned {
	switch {
	case p.Denied:
		l.Billing = DeniedAll
	case p.Answered:
		l.Billing = Works
	}
	return l
}
