package sandbox

// BoundInput is what a client is able to do; zero takes the defaults.
type BoundInput struct {
	UsersPerRequest int // most users that one request may ask for; 0 is 2,500
	FieldsPerUser   int // fields selected per user edge, edge's own included; 0 is 11: cursor, node, and the nine of a store user
	FieldsPerMember int // the same for the account's own list; 0 is 7
	AppsPerUser     int // apps asked for per user; 0 is 10
	FieldsPerApp    int // 0 is 4: edge's cursor, node, id, name
}

// ListBound is the least number of requests that a list can be read with: the largest of three reasons.
type ListBound struct {
	Rows  int // what must be read
	Chain int // pages that can only be asked for one after another
	Slots int // rows by what one request may ask for
	Cost  int // score of the rows by the limit; 0 without a limit
	LB    int
}

// Bound is the least number of requests for everything that a sync reads. The lists may share requests, so the bound
// of a sync that reads several is the largest of theirs, not their sum.
type Bound struct {
	Stores   ListBound // the list of stores by itself
	Accesses ListBound // stores with their users
	Members  ListBound // the account's own user list
	UserApps ListBound // apps of every access
}

// LowerBound computes the bound for an account as it stands, by the page caps, limit and score formula of this server.
// Failing stores count as stores without users.
func (s *Server) LowerBound(uuid string, in BoundInput) Bound {
	s.mu.RLock()
	defer s.mu.RUnlock()
	w := s.worlds[uuid]
	if w == nil {
		return Bound{}
	}
	in = in.withDefaults(&s.cfg)
	users, longest := w.readableUsers()
	storePages := ceil(len(w.stores), s.cfg.StoresPageCap)
	chain := max(storePages, ceil(longest, s.cfg.UsersPageCap))
	members := len(w.listed)
	return Bound{
		Stores:   s.listBound(len(w.stores), storePages, in.UsersPerRequest, s.rowCost(5)),
		Accesses: s.listBound(users, chain, in.UsersPerRequest, s.rowCost(in.FieldsPerUser)),
		Members:  s.listBound(members, ceil(members, s.cfg.UsersPageCap), in.UsersPerRequest, s.rowCost(in.FieldsPerMember)),
		UserApps: s.listBound(users, chain, in.UsersPerRequest, s.appsCost(in)),
	}
}

// readableUsers counts the users of all stores that can be read, and of the largest of them.
func (w *World) readableUsers() (all, largest int) {
	for _, s := range w.stores {
		if !s.failing {
			all, largest = all+len(s.accesses), max(largest, len(s.accesses))
		}
	}
	return all, largest
}

func (in BoundInput) withDefaults(cfg *Config) BoundInput {
	in.UsersPerRequest = or(in.UsersPerRequest, 2500)
	if cfg.TimeoutAbove > 0 {
		in.UsersPerRequest = min(in.UsersPerRequest, cfg.TimeoutAbove)
	}
	in.FieldsPerUser = or(in.FieldsPerUser, 11)
	in.FieldsPerMember = or(in.FieldsPerMember, 7)
	in.AppsPerUser = or(in.AppsPerUser, 10)
	in.FieldsPerApp = or(in.FieldsPerApp, 4)
	return in
}

// appsCost is the least that the apps of one user cost: user edge, id and the page of apps.
func (s *Server) appsCost(in BoundInput) int {
	if s.cfg.ScoreFormula == "nodes" {
		return 1 + connectionCost + in.AppsPerUser
	}
	return 3 + 1 + in.AppsPerUser*in.FieldsPerApp
}

// rowCost is the score of one row: its fields, or one for the node whatever is selected on it.
func (s *Server) rowCost(fields int) int {
	if s.cfg.ScoreFormula == "nodes" {
		return 1
	}
	return fields
}

func (s *Server) listBound(rows, chain, perRequest, cost int) ListBound {
	b := ListBound{Rows: rows, Chain: max(1, chain), Slots: ceil(rows, perRequest)}
	if s.cfg.ComplexityLimit > 0 {
		b.Cost = ceil(rows*cost, s.cfg.ComplexityLimit)
	}
	b.LB = max(b.Chain, b.Slots, b.Cost)
	return b
}

func ceil(n, by int) int { return (n + by - 1) / max(1, by) }
