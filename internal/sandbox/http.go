package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// routes lists everything the server answers to.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /accounts/{uuid}/graphql", s.graphQL)
	mux.HandleFunc("GET /_sandbox/stats", s.showStats)
	mux.HandleFunc("POST /_sandbox/next-day", s.nextDay)
	s.serveStores(mux)
	s.serveControls(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "The route is not found, check the URL", http.StatusNotFound)
	})
	return mux
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) showStats(w http.ResponseWriter, r *http.Request) {
	accounts := map[string]Stats{}
	for _, uuid := range s.UUIDs() {
		accounts[uuid] = s.AccountStats(uuid)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"now": s.Now(), "all": s.Stats(), "accounts": accounts})
}

func (s *Server) nextDay(w http.ResponseWriter, r *http.Request) {
	s.AdvanceDay()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"now": s.Now()})
}

// graphQLRequest is the body of a request (facts 1.1).
type graphQLRequest struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

// exchange is one request on its way through the server.
type exchange struct {
	server  *Server
	cfg     *Config
	account *Account
	http    *http.Request
	answer  answer
	record  RequestRecord
	request graphQLRequest
	doc     *document
	measure measure
	fault   Fault
	call    *call
}

// graphQL takes a request through the gates in the order of the real gateway: token, quota, then the request itself.
func (s *Server) graphQL(w http.ResponseWriter, r *http.Request) {
	x := &exchange{server: s, cfg: &s.cfg, http: r, answer: answer{status: http.StatusOK, header: http.Header{}}}
	x.record = RequestRecord{Number: int(s.number.Add(1)), At: s.cfg.Clock(), UUID: r.PathValue("uuid"), Outcome: OK}
	for _, step := range []func(*exchange) bool{
		(*exchange).authenticate, (*exchange).meter, (*exchange).read, (*exchange).beforeFault, (*exchange).check, (*exchange).run, (*exchange).afterFault,
	} {
		if done := step(x); done {
			break
		}
	}
	x.record.Status, x.record.Fault = x.answer.status, x.fault.Kind
	if x.answer.drop != dropNothing {
		x.record.Outcome = Dropped
	}
	s.counters.add(x.record)
	x.answer.write(w, r)
}

// end finishes a request with an answer that is not its result.
func (x *exchange) end(outcome Outcome, status int, contentType, body string) bool {
	x.record.Outcome = outcome
	x.answer.status, x.answer.contentType, x.answer.body = status, contentType, []byte(body)
	return true
}

const (
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
	htmlType = "text/html; charset=utf-8"
)

// endProblem answers as the REST gateway does (facts 2.12).
func (x *exchange) endProblem(outcome Outcome, status int, title string) bool {
	body, _ := json.Marshal(map[string]any{
		"status": status, "title": title,
		"type": "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes", "errors": struct{}{},
	})
	return x.end(outcome, status, jsonType, string(body))
}

// endErrors answers with GraphQL errors; a status of 200 comes with data null, any other without data (facts 1.8).
func (x *exchange) endErrors(outcome Outcome, status int, errs ...gqlError) bool {
	body, _ := json.Marshal(map[string]any{"errors": errs})
	if status == http.StatusOK {
		body, _ = json.Marshal(map[string]any{"data": nil, "errors": errs})
	}
	return x.end(outcome, status, jsonType, string(body))
}

// read takes the body apart and measures it.
func (x *exchange) read() bool {
	body, err := io.ReadAll(io.LimitReader(x.http.Body, int64(x.cfg.MaxBody)+1))
	if err != nil {
		x.answer.drop = dropAll
		return true
	}
	if len(body) > x.cfg.MaxBody {
		return x.endProblem(Invalid, 413, "Request body is too large")
	}
	if err := json.Unmarshal(body, &x.request); err != nil || x.request.Query == "" {
		return x.endErrors(Invalid, 400, gqlError{Message: "The body is not a GraphQL request"})
	}
	x.doc, _ = parseDocument(x.request.Query)
	if x.doc != nil {
		x.measure = measureRequest(x.cfg, x.doc, x.request.OperationName, x.request.Variables)
	}
	m := x.measure
	x.record.Aliases, x.record.StoresAsked, x.record.UsersAsked, x.record.Score = m.aliases, m.stores, m.users, m.score
	x.fault = x.server.faults.pick(x.cfg, &RequestInfo{
		Number: x.record.Number, UUID: x.record.UUID, Query: x.request.Query,
		Variables: x.request.Variables, Aliases: m.aliases, Stores: m.stores, Users: m.users, Score: m.score,
	})
	return false
}

// run executes the request on the world as it stands.
func (x *exchange) run() bool {
	s := x.server
	s.mu.RLock()
	w := s.worlds[x.account.UUID]
	x.fault.aim(w)
	x.call = &call{cfg: x.cfg, world: w, scopes: x.account.Scopes, fault: x.fault, number: x.record.Number}
	if x.call.need("account_apps_read") == nil {
		x.call.userApps = x.measure.sameApps()
	}
	out := s.execute(x.call, &x.request)
	s.mu.RUnlock()
	x.record.UsersServed, x.record.storesServed = int(x.call.usersServed.Load()), int(x.call.storesServed.Load())
	if out.data == nil {
		return x.endErrors(Invalid, 400, out.errors...)
	}
	if len(out.errors) > 0 {
		x.record.Outcome = Partial
	}
	x.answer.contentType, x.answer.body = jsonType, out.encode()
	if !x.cfg.HideScore {
		x.answer.header.Set("X-Bc-Graphql-Complexity", itoa(int64(x.measure.score)))
	}
	return false
}

// encode writes the result by hand, for its data is JSON already.
func (r *result) encode() []byte {
	out := expand([]byte(`{"data":`), r.data, r.sets)
	if len(r.errors) > 0 {
		errs, _ := json.Marshal(r.errors)
		out = append(append(out, `,"errors":`...), errs...)
	}
	return append(out, '}')
}

// wait lets time pass unless the client gives up first.
func (x *exchange) wait(d time.Duration) (gaveUp bool) {
	if d <= 0 {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-x.http.Context().Done():
		x.answer.drop = dropAll
		return true
	}
}

// hang answers nothing until the client gives up.
func (x *exchange) hang() bool {
	<-x.http.Context().Done()
	x.answer.drop = dropAll
	return true
}
