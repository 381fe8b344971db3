package audit

import "rollcall/internal/org"

// Doubt says why a subject could not be judged in a snapshot. Empty means that it was judged: no finding then means that
// there is nothing to find.
type Doubt string

// Doubts.
const (
	DoubtOff       Doubt = "the rule is switched off"
	DoubtMoot      Doubt = "the list that the rule compares with is empty"
	DoubtLimits    Doubt = "outside the stores that the rule is limited to"
	DoubtStore     Doubt = "the store was not read to the end in this snapshot"
	DoubtStoreList Doubt = "the list of stores was not read to the end in this snapshot"
	DoubtUsers     Doubt = "the account's list of users was not read to the end"
	DoubtUnseen    Doubt = "the last read did not show the access and did not prove its end"
	DoubtRights    Doubt = "permissions were not read"
	DoubtLogin     Doubt = "the last sign-in was not read"
	DoubtStatus    Doubt = "the status was not read"
	DoubtUnknown   Doubt = "no rule of this name ran"
)

// ByPolicy tells whether nobody wants the subject to be judged: the rule is off, has nothing to compare with, or does not
// look at the store. Pages leave such findings out; they come back as they were when the policy does.
func (d Doubt) ByPolicy() bool { return d == DoubtOff || d == DoubtMoot || d == DoubtLimits }

// needs are the fields that a rule has to know of an access before it can say that all is well.
type needs uint8

const (
	needRights needs = 1 << iota
	needLogin
	needStatus
	needAll // of a person: every access must be judged, not only the newest name
)

// doubtOf judges by the kind of subject and by what the rule needs.
func (q *inquiry) doubtOf(s Subject) Doubt {
	switch s.Kind {
	case OfAccess:
		return q.doubtOfPlace(s)
	case OfPerson:
		return q.doubtOfPerson(s)
	case OfStore:
		return q.doubtOfStore(s)
	}
	return q.doubtOfAll()
}

// doubtOfMissing is for stores and people that the snapshot does not have: history ends them by proof only, so they are
// judged unless this snapshot lacks the list that would show them again.
func (q *inquiry) doubtOfMissing() Doubt {
	if q.StoreList.State != org.FacetComplete {
		return DoubtStoreList
	}
	return ""
}

func (q *inquiry) doubtOfPlace(s Subject) Doubt {
	store, there := q.findStore(s.Store)
	if !there {
		return q.doubtOfMissing()
	}
	if !q.looksAt(store) {
		return DoubtLimits
	}
	if !q.stores[store].fresh() {
		return DoubtStore
	}
	user, there := q.findUser(s.User)
	if !there {
		return ""
	}
	if a := q.accessAt(store, user); a != nil {
		return q.doubtOfAccess(a)
	}
	return ""
}

// doubtOfAccess judges an access that is there.
func (q *inquiry) doubtOfAccess(a *access) Doubt {
	switch {
	case !q.stores[a.store].fresh():
		return DoubtStore
	case a.unseen:
		return DoubtUnseen
	case q.needs&needRights != 0 && a.right == 0:
		return DoubtRights
	case q.needs&needLogin != 0 && a.login < 0:
		return DoubtLogin
	case q.needs&needStatus != 0 && a.state == statusUnknown:
		return DoubtStatus
	}
	return ""
}

// doubtOfPerson wants every access, or the one whose name is shown, to be judged.
func (q *inquiry) doubtOfPerson(s Subject) Doubt {
	user, there := q.findUser(s.User)
	if !there {
		return q.doubtOfMissing()
	}
	mine := q.mine(user, nil)
	if len(mine) == 0 {
		if q.in != nil && len(q.of(&q.users[user])) > 0 {
			return DoubtLimits
		}
		return q.doubtOfMissing()
	}
	doubt := Doubt("")
	for _, a := range mine {
		one := q.doubtOfAccess(a)
		if one == "" && q.needs&needAll == 0 {
			return ""
		}
		if doubt == "" {
			doubt = one
		}
	}
	return doubt
}

// doubtOfStore wants the store and all of its accesses to be judged.
func (q *inquiry) doubtOfStore(s Subject) Doubt {
	store, there := q.findStore(s.Store)
	switch {
	case !there:
		return q.doubtOfMissing()
	case !q.looksAt(store):
		return DoubtLimits
	case !q.stores[store].fresh():
		return DoubtStore
	}
	e := &q.stores[store]
	for i := e.from; i < e.to; i++ {
		if doubt := q.doubtOfAccess(&q.accesses[i]); doubt != "" {
			return doubt
		}
	}
	return ""
}

// doubtOfAll wants every store that the rule looks at to be judged.
func (q *inquiry) doubtOfAll() Doubt {
	if q.StoreList.State != org.FacetComplete {
		return DoubtStoreList
	}
	for i := range q.stores {
		if doubt := q.doubtOfStore(q.storeSubject(int32(i))); doubt != "" && doubt != DoubtLimits {
			return doubt
		}
	}
	return ""
}
