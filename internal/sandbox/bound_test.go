package sandbox

import "testing"

func TestLowerBound(t *testing.T) {
	even := Shape{Stores: 1000, UsersPerStore: 100, Users: 1500, AccountUsers: 1500}
	servers := map[Shape]*Server{}
	for _, test := range []struct {
		name              string
		cfg               Config
		in                BoundInput
		accesses, members int
	}{
		{"even stores", Config{Shape: even}, BoundInput{}, 40, 30},
		{"even stores, cap 250", Config{Shape: even, Limits: Limits{PageCap: 250}}, BoundInput{}, 40, 6},
		{"even stores, cap 10", Config{Shape: even, Limits: Limits{PageCap: 10}}, BoundInput{}, 100, 150},
		{"even stores, smaller requests", Config{Shape: even}, BoundInput{UsersPerRequest: 1000}, 100, 30},
		{"even stores, fields by 10,000", Config{Shape: even, Limits: Limits{ComplexityLimit: 10_000}}, BoundInput{}, 110, 30},
		{"even stores, nodes by 2,500", Config{Shape: even, Limits: Limits{ComplexityLimit: 2500, ScoreFormula: "nodes"}}, BoundInput{}, 40, 30},
		{"one large store", Config{Shape: Shape{Stores: 200, Zipf: true, LargestStore: 2000}}, BoundInput{}, 40, 0},
		{"small", Config{Shape: Shape{Stores: 10, UsersPerStore: 20}}, BoundInput{}, 1, 0},
		{"timeouts", Config{Shape: even, Limits: Limits{TimeoutAbove: 500}}, BoundInput{}, 200, 30},
	} {
		s := servers[test.cfg.Shape]
		if s == nil {
			s = New(test.cfg)
			servers[test.cfg.Shape] = s
		}
		s.cfg = test.cfg.withDefaults() // the world stays
		b := s.LowerBound(DefaultUUID, test.in)
		if b.Accesses.LB != test.accesses || test.members > 0 && b.Members.LB != test.members {
			t.Errorf("%s: got %+v, want %d and %d", test.name, b, test.accesses, test.members)
		}
	}
}
