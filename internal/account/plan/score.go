package plan

import (
	"math"
	"slices"

	"rollcall/internal/org"
)

// What a request's score grows with, whatever the formula: counts of the nodes and connections that it asks for.
const (
	perRequest = iota
	perAlias
	perListedStore
	perGroupedStore
	perConnection
	perUser
	perCursor // of a user
	perHolder // a user of whom only the apps are asked
	perUserWithApps
	perPerson
	perStoreApp
	perSubscription
	features
)

// What each counts in the two kinds of formulas (facts 1.10), for the fields that Rollcall asks for: every field times
// page sizes, or nodes times page sizes.
var (
	byFields = vector{
		perRequest: 2, perAlias: 1, perListedStore: 6, perGroupedStore: 3, perConnection: 6, perUser: 11, perCursor: 1,
		perHolder: 4, perUserWithApps: 4 + 4*HeldApps, perPerson: 8, perStoreApp: 5, perSubscription: 20,
	}
	byNodes = vector{
		perRequest: 2, perAlias: 2, perListedStore: 1, perGroupedStore: 1, perConnection: 2, perUser: 1,
		perHolder: 1, perUserWithApps: 2 + HeldApps, perPerson: 1, perStoreApp: 1, perSubscription: 1,
	}
)

type vector [features]float64

// features counts what the request asks for.
func (r Request) features() vector {
	v := vector{perRequest: 1}
	for _, op := range r.Ops {
		v.add(op.features())
	}
	return v
}

func (o Op) features() vector {
	users := float64(o.users())
	v := vector{perAlias: 1}
	switch o.Kind {
	case org.ListStores:
		v[perListedStore] = float64(o.First)
		if o.Users > 0 {
			v[perConnection] = float64(o.First)
		}
		v[perUser], v[perCursor] = users, users
	case org.ListAccountUsers:
		v[perPerson], v[perConnection] = float64(o.First), 1
	case org.ListSubscriptions:
		v[perSubscription], v[perConnection] = float64(o.First), 1
	case org.ListAccesses, org.ListUserApps:
		n := float64(len(o.Stores))
		v[perGroupedStore], v[perConnection] = n, n
		switch {
		case o.Kind == org.ListUserApps:
			v[perHolder] = users
		case o.Final:
			v[perUser] = users
		default:
			v[perUser], v[perCursor] = users, users
		}
	case org.ListStoreApps:
		n := float64(max(1, len(o.Stores)))
		v[perGroupedStore], v[perConnection], v[perStoreApp] = n, n, n*float64(o.First)
	}
	if o.Apps || o.Kind == org.ListUserApps {
		v[perUserWithApps] = users
	}
	return v
}

func (v vector) times(x vector) float64 {
	sum := 0.0
	for i, n := range x {
		sum += v[i] * n
	}
	return sum
}

func (v *vector) add(other vector) {
	for i, n := range other {
		v[i] += n
	}
}

// Model predicts scores. It starts from the formula that the first score is nearest to, and follows the scores by
// recursive least squares. The zero Model, that has seen none, counts by fields.
type Model struct {
	Weights []float64   `json:",omitempty"`
	Spread  [][]float64 `json:",omitempty"` // covariance of the weights
	Seen    int         `json:",omitempty"` // scores seen
}

// score is the expected score.
func (m Model) score(x vector) float64 {
	if !m.valid() {
		return byFields.times(x)
	}
	return max(1, vector(m.Weights).times(x))
}

// deviation is the standard deviation of the expected score, 0 while none was seen.
func (m Model) deviation(x vector) float64 {
	if !m.valid() {
		return 0
	}
	variance := 0.0
	for i, n := range x {
		if n != 0 {
			for j, k := range x {
				variance += n * k * m.Spread[i][j]
			}
		}
	}
	return math.Sqrt(max(variance, 0))
}

func (m Model) valid() bool {
	if m.Seen == 0 || len(m.Weights) != features || len(m.Spread) != features {
		return false
	}
	for _, row := range m.Spread {
		if len(row) != features {
			return false
		}
	}
	return true
}

// observe gives the model that has also seen a score. A score that was predicted well changes nothing.
func (m Model) observe(x vector, score int) Model {
	y := float64(score)
	if m.valid() {
		if math.Abs(m.score(x)-y) < 0.001*y && m.deviation(x) < 0.003*y {
			return m
		}
	}
	next := m.clone(x, y)
	var px vector
	variance := math.Pow(0.001*y, 2) + 0.25
	for i := range px {
		for j, k := range x {
			px[i] += next.Spread[i][j] * k
		}
		variance += x[i] * px[i]
	}
	expected := vector(next.Weights).times(x)
	for i := range px {
		next.Weights[i] += px[i] / variance * (y - expected)
		for j := range px {
			next.Spread[i][j] -= px[i] * px[j] / variance
		}
	}
	next.Seen++
	if !next.finite() {
		return Model{} // learn anew rather than plan by nonsense
	}
	return next
}

// finite tells whether no weight was lost to rounding.
func (m Model) finite() bool {
	sum := 0.0
	for i := range m.Weights {
		sum += m.Weights[i] + m.Spread[i][i]
	}
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// clone copies the model; one that has seen nothing gets the formula nearest to the first score, and the less
// certainty the farther that is.
func (m Model) clone(x vector, score float64) Model {
	next := Model{Seen: m.Seen, Weights: make([]float64, features), Spread: make([][]float64, features)}
	if m.valid() {
		copy(next.Weights, m.Weights)
		for i := range next.Spread {
			next.Spread[i] = slices.Clone(m.Spread[i])
		}
		return next
	}
	distance := func(v vector) float64 { return math.Abs(math.Log(score / v.times(x))) }
	formula := byFields
	if distance(byNodes) < distance(byFields) {
		formula = byNodes
	}
	scale, single := max(0.02, 2*distance(formula)), max(0.05, min(0.7, 2*distance(formula)))
	copy(next.Weights, formula[:])
	for i := range next.Spread {
		next.Spread[i] = make([]float64, features)
		for j := range next.Spread[i] {
			next.Spread[i][j] = scale * scale * formula[i] * formula[j]
		}
		next.Spread[i][i] += single * single * formula[i] * formula[i]
	}
	return next
}
