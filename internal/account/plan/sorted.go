package plan

import (
	"slices"

	"rollcall/internal/org"
)

// sorted are the wants that one request may serve, by what is done with them.
type sorted struct {
	list, people *org.Want
	bills        *org.Want // subscriptions
	accesses     []org.Want
	apps         []org.Want
	holders      []org.Want
	denied       []org.Want
	probe        bool // find out whether apps can be read
	tries        int  // failures of the most urgent one
}

func (s sorted) empty() bool {
	return s.list == nil && s.people == nil && s.bills == nil && len(s.accesses)+len(s.apps)+len(s.holders) == 0
}

// sort leaves out what has to wait, and keeps wants that failed apart from those that did not.
func (l Learned) sort(wants []org.Want) sorted {
	var s sorted
	is := func(match func(org.Want) bool) bool { return slices.ContainsFunc(wants, match) }
	starting := is(func(w org.Want) bool { return w.List.Kind == org.ListStores && w.After == "" })
	onlyApps := !is(func(w org.Want) bool { return !isApps(w.List.Kind) && w.List.Kind != org.ListSubscriptions })
	unsure := starting || (l.Apps == "" || l.Apps == Suspected) && is(func(w org.Want) bool { return isApps(w.List.Kind) })
	if bills := l.aloneBills(wants, unsure); bills != nil && onlyApps {
		return sorted{bills: bills, tries: bills.Tries}
	}
	retest := starting && (l.Apps == DeniedOne || l.Apps == DeniedAll && l.Syncs%retestEvery == 0)
	s.probe = !onlyApps && (l.Apps == "" || retest) && is(func(w org.Want) bool { return isApps(w.List.Kind) })
	var ready []org.Want
	for _, w := range wants {
		switch {
		case w.List.Kind == org.ListSubscriptions && l.Billing == DeniedAll && !(starting && l.retestsBills()):
			s.denied = append(s.denied, w)
		case w.List.Kind == org.ListSubscriptions && l.bothered(w, unsure):
		case !isApps(w.List.Kind) || l.Apps == Works || onlyApps && (l.Apps == "" || l.Apps == Suspected):
			ready = append(ready, w)
		case !retest && l.Denied(w.List.Kind):
			s.denied = append(s.denied, w)
		}
	}
	ready, s.tries = peers(ready)
	s.probe = s.probe && s.tries == 0
	for _, w := range ready {
		s.put(w)
	}
	return s
}

func (s *sorted) put(w org.Want) {
	switch w.List.Kind {
	case org.ListStores:
		s.list = &w
	case org.ListAccountUsers:
		s.people = &w
	case org.ListSubscriptions:
		s.bills = &w
	case org.ListAccesses:
		s.accesses = append(s.accesses, w)
	case org.ListStoreApps:
		s.apps = append(s.apps, w)
	case org.ListUserApps:
		s.holders = append(s.holders, w)
	}
}

// alone is from how many failures on a want is asked for alone.
const alone = 4

// peers are the wants that may share a request with the most urgent one. What failed is not asked together with what
// did not, and in ever smaller company.
func peers(wants []org.Want) (_ []org.Want, tries int) {
	if len(wants) == 0 {
		return nil, 0
	}
	first := wants[0]
	if first.Tries >= alone {
		return wants[:1], first.Tries
	}
	return slices.DeleteFunc(slices.Clone(wants), func(w org.Want) bool {
		return (w.Tries > 0) != (first.Tries > 0) || w.Tries >= alone
	}), first.Tries
}
