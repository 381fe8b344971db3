package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// routes lists everything the server answers to.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /accounts/{uuid}/graphql", s.graphQL)
	mux.HandleFunc("GET /_sandbox/stats", s.showStats)
	mux.HandleFunc("POST /_sandbox/next-day", s.nextDay)
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
	body, _ := json.Marshal(map[string]any{"status": status, "title": title,
		"type": "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes", "errors": struct{}{}})
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

// authenticate compares token and account (facts 1.8 and 2.12).
func (x *exchange) authenticate() bool {
	given, present := x.http.Header["X-Auth-Token"]
	switch {
	case !present:
		return x.end(Unauthorized, 401, textType, "X-Auth-Token header is required")
	case given[0] == "":
		return x.end(Unauthorized, 401, textType, "X-Auth-Token header should have correct format")
	}
	x.account = x.server.tokens[given[0]]
	switch {
	case x.account == nil && x.cfg.PlainUnauthorized:
		return x.end(Unauthorized, 401, textType, "Unauthorized")
	case x.account == nil:
		return x.endProblem(Unauthorized, 401, "Unauthorized")
	case !strings.EqualFold(x.account.UUID, x.record.UUID):
		return x.wrongAccount()
	}
	x.record.UUID = x.account.UUID
	return false
}

func (x *exchange) wrongAccount() bool {
	switch x.cfg.WrongAccount {
	case "403":
		return x.endProblem(Forbidden, 403, "You do not have permission to access this account")
	case "200":
		return x.endErrors(Forbidden, 200, gqlError{Message: errPermission.Error(), Path: []any{"account"}})
	}
	return x.endErrors(Unauthorized, 401, gqlError{Message: errPermission.Error()})
}

// meter counts the request against the quota of its account.
func (x *exchange) meter() bool {
	limiter := x.server.limiters[x.account.UUID]
	v := limiter.take()
	limiter.headers(x.answer.header, v)
	if v.allowed {
		return false
	}
	limiter.retryAfter(x.answer.header, v)
	return x.limited(x.cfg.EmptyLimited)
}

func (x *exchange) limited(empty bool) bool {
	if empty {
		return x.end(Limited, 429, "", "")
	}
	return x.endProblem(Limited, 429, "Too many requests")
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
	x.fault = x.server.faults.pick(x.cfg, &RequestInfo{Number: x.record.Number, UUID: x.record.UUID, Query: x.request.Query,
		Variables: x.request.Variables, Aliases: m.aliases, Stores: m.stores, Users: m.users, Score: m.score})
	return false
}

// check refuses what is not valid or too much, before anything is executed.
func (x *exchange) check() bool {
	if x.doc == nil || x.measure.score > 0 && x.tooMuch() {
		if invalid := x.server.engine.ValidateWithVariables(x.request.Query, x.request.Variables); len(invalid) > 0 {
			var errs []gqlError
			for _, e := range invalid {
				errs = append(errs, gqlError{wording(e.Message, false), nil, e.Locations})
			}
			return x.endErrors(Invalid, 400, errs...)
		}
	}
	return x.refuseIntrospection() || x.refuseDepth() || x.refusePages() || x.refuseComplexity() || x.refuseScopes() || x.timeOut()
}

func (x *exchange) tooMuch() bool {
	m := &x.measure
	return m.pageProblem != nil || x.cfg.ComplexityLimit > 0 && m.score > x.cfg.ComplexityLimit
}

func (x *exchange) refuseIntrospection() bool {
	return x.measure.introspection && x.cfg.NoIntrospection &&
		x.endErrors(Invalid, 400, gqlError{Message: "Introspection is not allowed."})
}

func (x *exchange) refuseDepth() bool {
	switch {
	case x.cfg.MaxDepth > 0 && x.measure.depth > x.cfg.MaxDepth && !x.measure.introspection:
		return x.endErrors(Invalid, 400, gqlError{Message: fmt.Sprintf("Max query depth %d is reached.", x.cfg.MaxDepth)})
	case x.cfg.MaxAliases > 0 && x.measure.aliases > x.cfg.MaxAliases:
		return x.endErrors(TooComplex, 400, gqlError{Message: fmt.Sprintf("Too many aliases: at most %d are allowed.", x.cfg.MaxAliases)})
	}
	return false
}

func (x *exchange) refusePages() bool {
	p := x.measure.pageProblem
	if p == nil {
		return false
	}
	e := gqlError{Message: p.message(x.cfg.OverCap == "words")}
	if x.cfg.OverCap == "error200" {
		e.Path = []any{"account"}
		return x.endErrors(BadPageSize, 200, e)
	}
	return x.endErrors(BadPageSize, 400, e)
}

// refuseComplexity answers as recorded, or in one of the other words that have been seen (facts 1.8).
func (x *exchange) refuseComplexity() bool {
	limit := x.cfg.ComplexityLimit
	if limit <= 0 || x.measure.score <= limit {
		return false
	}
	message := fmt.Sprintf("The query is too complex as it has a complexity score of %d out of %d. Please remove some elements and try again",
		x.measure.score, limit)
	switch x.cfg.ComplexityAnswer {
	case "wrapped":
		body, _ := json.Marshal(map[string]any{"error": map[string]string{"error": message}})
		return x.end(TooComplex, 400, jsonType, string(body))
	case "words":
		message = "Query complexity exceeds what is allowed. Please request less."
	}
	return x.endErrors(TooComplex, 400, gqlError{Message: message})
}

// scopeOf names the scope that a field needs (facts 1.6).
var scopeOf = map[string]string{"accountInfo": "account_read", "stores": "account_stores_read", "users": "account_users_read",
	"apps": "account_apps_read", "subscriptions": "account_subscriptions_read", "checkout": "account_checkouts_read"}

// refuseScopes refuses the whole request when a scope is missing, unless the field alone is to fail.
func (x *exchange) refuseScopes() bool {
	if x.cfg.MissingScope != "403" && x.cfg.MissingScope != "200" || x.measure.operation != "query" {
		return false
	}
	for field, scope := range scopeOf {
		if !x.measure.fields[field] || slices.Contains(x.account.Scopes, scope) {
			continue
		}
		if x.cfg.MissingScope == "403" {
			return x.endProblem(Forbidden, 403, "You don't have a required scope to access the endpoint")
		}
		return x.endErrors(Forbidden, 200, gqlError{Message: errPermission.Error(), Path: []any{"account"}})
	}
	return false
}

// timeOut fails requests that ask for more than the server can do in time.
func (x *exchange) timeOut() bool {
	if x.cfg.TimeoutAbove <= 0 || x.measure.users <= x.cfg.TimeoutAbove {
		return false
	}
	x.record.Outcome = TimedOut
	switch x.cfg.TimeoutKind {
	case "hang":
		return x.hang()
	case "502":
		return x.end(TimedOut, 502, htmlType, htmlPage("502 Bad Gateway"))
	}
	return x.end(TimedOut, 504, htmlType, htmlPage("504 Gateway Time-out"))
}

func htmlPage(title string) string {
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n"
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
