package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Compare says what of a store is compared with a baseline.
type Comparison string

// Comparisons. People is the default.
const (
	ComparePeople Comparison = "people" // who has access, and with which permissions
	CompareRights Comparison = "rights" // which permission sets occur, whoever holds them
)

// Baseline is what the stores of a label should look like: like a reference store today, or like a saved state.
type Baseline struct {
	Label   string       `json:"label"` // empty: stores to which no other baseline applies
	Compare Comparison   `json:"compare"`
	Store   string       `json:"store"` // hash of the reference store, or
	Saved   *SavedRights `json:"saved"`
}

// SavedRights is a store's people and permissions as they were kept as a baseline.
type SavedRights struct {
	Name   string              `json:"name"`  // for people
	Store  string              `json:"store"` // hash of the store that it was taken from
	At     time.Time           `json:"at"`    // when that store had been read
	Sets   []org.PermissionSet `json:"sets"`
	People map[string]int      `json:"people"` // folded e-mail to the place in Sets
}

// SaveBaseline keeps a store as it is in a snapshot. It is an Invalid error when the store is not there, was not read to
// the end or lacks the permissions of somebody. Users who are switched off are left out.
func SaveBaseline(p *People, store org.StoreID, name string) (*SavedRights, error) {
	at, there := p.findStore(store)
	if !there {
		return nil, org.NotFound("store")
	}
	s := &p.stores[at]
	if !s.fresh() {
		return nil, org.Invalid("store", s.label()+" was not read to the end in this snapshot. Choose another snapshot or store.")
	}
	shape, whole := p.shape(at)
	if !whole {
		return nil, org.Invalid("store", "The permissions of a user of "+s.label()+" were not read. Choose another snapshot or store.")
	}
	saved := &SavedRights{Name: name, Store: s.hash, At: s.read.ReadAt, People: map[string]int{}}
	places := map[int32]int{}
	for _, one := range shape {
		to, known := places[one.right]
		if !known {
			to = len(saved.Sets)
			places[one.right] = to
			saved.Sets = append(saved.Sets, slices.Clone(p.rights[one.right].set))
		}
		saved.People[one.email] = to
	}
	return saved, nil
}

// placed is somebody in a store with a permission set.
type placed struct {
	email  string
	right  int32 // place in rights; -1 for a set that was saved
	rights *rights
}

func (p placed) same(other placed) bool {
	if p.right >= 0 && other.right >= 0 {
		return p.right == other.right
	}
	return p.rights.set.Equal(other.rights.set)
}

// shape lists who can sign in to a store, by e-mail; whole is false when permissions of somebody were not read.
func (p *People) shape(store int32) (list []placed, whole bool) {
	s := &p.stores[store]
	whole = true
	for i := s.from; i < s.to; i++ {
		a := &p.accesses[i]
		switch {
		case a.state == statusInactive:
		case a.right == 0:
			whole = false
		default:
			list = append(list, placed{org.FoldEmail(p.who(a.user).Email), a.right, &p.rights[a.right]})
		}
	}
	sortPlaced(list)
	return list, whole
}

func sortPlaced(list []placed) {
	slices.SortStableFunc(list, func(a, b placed) int { return strings.Compare(a.email, b.email) })
}

// shape of a saved state, by e-mail. Places that do not exist are left out.
func (s *SavedRights) shape() (list []placed) {
	sets := make([]rights, len(s.Sets))
	for i, set := range s.Sets {
		sets[i] = newRights(org.NewPermissionSet(set))
	}
	for email, at := range s.People {
		if at >= 0 && at < len(sets) {
			list = append(list, placed{org.FoldEmail(email), -1, &sets[at]})
		}
	}
	sortPlaced(list)
	return list
}

// tally counts and keeps the first few for people to read.
type tally struct {
	count int
	shown []string
}

// tallyShown is how many of a kind the evidence names.
const tallyShown = 6

func (t *tally) add(text func() string) {
	if t.count++; t.count <= tallyShown {
		t.shown = append(t.shown, text())
	}
}

func (t *tally) String() string {
	text := number(int64(t.count)) + ": " + strings.Join(t.shown, ", ")
	if more := t.count - len(t.shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// departure is how a store differs from its baseline.
type departure struct {
	missing, extra, other tally // e-mails; with CompareRights only other
	privileged            bool  // what is more holds privileged permissions
}

func (d *departure) none() bool { return d.missing.count+d.extra.count+d.other.count == 0 }

// departs compares two shapes, both by e-mail.
func departs(is, should []placed, how Comparison) (d departure) {
	if how == CompareRights {
		return departsRights(is, should)
	}
	for len(is) > 0 || len(should) > 0 {
		switch {
		case len(should) == 0 || len(is) > 0 && is[0].email < should[0].email:
			d.extra.add(is[0].name)
			d.privileged = d.privileged || len(is[0].rights.privileged) > 0
			is = is[1:]
		case len(is) == 0 || should[0].email < is[0].email:
			d.missing.add(should[0].name)
			should = should[1:]
		default:
			d.compare(is[0], should[0])
			is, should = is[1:], should[1:]
		}
	}
	return d
}

func (p placed) name() string { return or(p.email, "a user without e-mail") }

// compare notes a person whose permissions differ.
func (d *departure) compare(is, should placed) {
	if is.same(should) {
		return
	}
	more, less := is.rights.set.Minus(should.rights.set), should.rights.set.Minus(is.rights.set)
	d.privileged = d.privileged || len(more.Privileged()) > 0
	d.other.add(func() string { return fmt.Sprintf("%s (%d more, %d less)", is.name(), len(more), len(less)) })
}

func departsRights(is, should []placed) (d departure) {
	for _, one := range is {
		if slices.ContainsFunc(should, one.same) {
			continue
		}
		d.privileged = d.privileged || len(one.rights.privileged) > 0
		d.other.add(func() string {
			return fmt.Sprintf("%s (%s, %s)", one.name(), one.rights.word(), counted(len(one.rights.set), "permission"))
		})
	}
	return d
}

// baselineOf is the baseline that applies to a store: the first whose label it has, else the one without a label.
func (p Policy) baselineOf(labels []string) *Baseline {
	var rest *Baseline
	for i := range p.Baselines {
		b := &p.Baselines[i]
		switch {
		case b.Label == "" && rest == nil:
			rest = b
		case b.Label != "" && slices.Contains(labels, b.Label):
			return b
		}
	}
	return rest
}
