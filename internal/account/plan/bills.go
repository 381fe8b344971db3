package plan

import (
	"slices"

	"rollcall/internal/org"
)

// Subscriptions are small and not urgent, but an error of theirs fails the whole answer: no field above them may be null
// (facts 1.3). So they ride along only while nothing speaks against it: not in the first request of a sync, which may
// tell about apps, unless they were last read without trouble, and not after a request with them failed. Then they are
// asked for alone when the accesses are read. A scope that is missing costs one request, once.

// bothered tells that subscriptions must wait until they can be asked for alone. unsure is a request that may be refused
// for other reasons.
func (l Learned) bothered(w org.Want, unsure bool) bool {
	return w.Tries > 0 || l.Billing != Works && (l.Billing != "" || unsure)
}

// aloneBills is the want for subscriptions when they are to be asked for alone; nil when there is none or they may ride.
func (l Learned) aloneBills(wants []org.Want, unsure bool) *org.Want {
	i := slices.IndexFunc(wants, func(w org.Want) bool { return w.List.Kind == org.ListSubscriptions })
	if i < 0 || l.Billing == DeniedAll || !l.bothered(wants[i], unsure) {
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

// withoutBills keeps subscriptions out of other requests. Refused for want of permission they are denied: at once when
// nothing else was asked for, else as soon as a request without them is let through.
func (l Learned) withoutBills(o Outcome) Learned {
	switch {
	case o.Kind == org.KindScope && o.Request.OnlySubscriptions():
		l.Billing = DeniedAll
	case o.Kind == org.KindScope:
		l.Billing = Suspected
	default:
		l.Billing = ""
	}
	if o.Slow {
		l = l.slow(o.Request.UserSlots())
	}
	return l
}

// clearBills ends a suspicion: what was let through without subscriptions proves that they were meant, what was refused
// without them that they were not.
func (l Learned) clearBills(o Outcome) Learned {
	if l.Billing != Suspected || o.Request.asksBills() {
		return l
	}
	switch {
	case !o.Failed:
		l.Billing = DeniedAll
	case o.Kind == org.KindScope:
		l.Billing = ""
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

// With forgets what another token was denied.
func (l Learned) With(token string) Learned {
	if l.Token == token {
		return l
	}
	for _, access := range []*Access{&l.Apps, &l.Billing} {
		if *access != Works {
			*access = ""
		}
	}
	l.Token = token
	return l
}
