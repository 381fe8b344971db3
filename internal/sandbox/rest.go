package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"time"
)

// route is one path of the stores' API. A request with a token that has none of the scopes is refused; without scopes
// every token may come in.
type route struct {
	method, path string // below /stores/{hash}
	scopes       []string
	writes       bool
	answer       func(*restCall)
}

// restCall is one request to a store on its way through the gateway and the service.
type restCall struct {
	exchange
	rest     *Rest
	route    *route
	world    *World
	store    *store
	api      *apiAccount
	faults   map[StoreFaultKind]StoreFault
	dayBegan time.Time
	at       time.Time // in the sandbox
	seen     RestRequest
}

var storeHash = regexp.MustCompile(`^[a-z0-9]{5,16}$`)

const restPrefix = "/stores/{hash}"

// serveStores adds the paths of the stores to the server.
func (s *Server) serveStores(mux *http.ServeMux) {
	for _, r := range restRoutes() {
		mux.HandleFunc(r.method+" "+restPrefix+r.path, func(w http.ResponseWriter, req *http.Request) { s.serveStore(&r, w, req) })
	}
	mux.HandleFunc("GET /time", s.showTime)
	mux.HandleFunc("/stores/", func(w http.ResponseWriter, req *http.Request) { s.serveStore(nil, w, req) })
}

// serveStore takes a request through the gates in the order of the real gateway: path, token, store, quota, scope.
func (s *Server) serveStore(r *route, w http.ResponseWriter, req *http.Request) {
	x := &restCall{rest: &s.cfg.Rest, route: r}
	x.exchange = exchange{server: s, cfg: &s.cfg, http: req, answer: answer{status: http.StatusOK, header: http.Header{}}}
	x.seen = RestRequest{At: s.cfg.Clock(), Method: req.Method, URL: req.URL.RequestURI(), Store: req.PathValue("hash")}
	x.dayBegan, x.at = s.moment()
	x.answer.header.Set("X-Request-Id", requestID(s.number.Add(1)))
	for _, step := range []func(*restCall) bool{
		(*restCall).known, (*restCall).early, (*restCall).admit, (*restCall).meterStore, (*restCall).serve, (*restCall).late,
	} {
		if done := step(x); done {
			break
		}
	}
	x.seen.Status = x.answer.status
	if x.answer.drop != dropNothing {
		x.seen.Status = 0
	}
	s.restCounters.add(x.seen)
	x.answer.write(w, req)
}

// known ends a request for a path, or a method, that is not there: before anything is known of the token (facts 2.12).
func (x *restCall) known() bool {
	if x.route == nil {
		return x.end(Invalid, 404, textType, "The route is not found, check the URL")
	}
	x.seen.Route, x.seen.Writes = x.route.method+" "+x.route.path, x.route.writes
	x.faults = x.server.storeFaults.pick(x)
	return false
}

// admit compares token, store and account.
func (x *restCall) admit() bool {
	given, present := x.http.Header["X-Auth-Token"]
	switch {
	case !present:
		return x.end(Unauthorized, 401, textType, "X-Auth-Token header is required")
	case given[0] == "":
		return x.end(Unauthorized, 401, textType, "X-Auth-Token header should have correct format")
	}
	x.server.mu.RLock()
	defer x.server.mu.RUnlock()
	if x.api = x.server.apiAccountOf(given[0]); x.api == nil {
		return x.endProblem(Unauthorized, 401, "Unauthorized")
	}
	x.seen.ClientID = x.api.clientID
	if !storeHash.MatchString(x.seen.Store) {
		return x.endProblem(Invalid, 404, "The store hash is malformed")
	}
	if x.api.store.hash != x.seen.Store {
		return x.otherStore()
	}
	x.store = x.api.store
	return false
}

// apiAccountOf gives the living API account of a token, or nil.
func (s *Server) apiAccountOf(token string) *apiAccount {
	for _, w := range s.worlds {
		if a := w.tokens[token]; a != nil && a.live() {
			return a
		}
	}
	return nil
}

func (x *restCall) otherStore() bool {
	switch {
	case x.rest.WrongStore == "401":
		return x.endProblem(Unauthorized, 401, wrongCombination)
	case x.rest.WrongStore == "404", x.route.path == "/graphql":
		return x.endProblem(Invalid, 404, "Not Found")
	}
	return x.endProblem(Forbidden, 403, "Unauthorized Access. You do not have permission to make this request.")
}

const (
	wrongCombination = "Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store."
	missingScope     = "You don't have a required scope to access the endpoint"
)

// meterStore counts the request against the quota of its store, which all its clients share (facts 2.11).
func (x *restCall) meterStore() bool {
	if x.http.URL.Path == "/time" {
		return false
	}
	limiter := x.server.storeLimiter(x.store)
	v := limiter.take()
	limiter.headers(x.answer.header, v)
	if v.allowed {
		return false
	}
	limiter.retryAfter(x.answer.header, v)
	return x.limited(x.rest.EmptyLimited)
}

// serve lets the service answer, on the world as it stands.
func (x *restCall) serve() bool {
	mu := &x.server.mu
	if x.route.writes {
		mu.Lock()
		defer mu.Unlock()
	} else {
		mu.RLock()
		defer mu.RUnlock()
	}
	x.world = x.server.worldOf(x.store)
	switch {
	case x.world == nil || !x.api.live():
		return x.endProblem(Unauthorized, 401, "Unauthorized")
	case x.store.shop.suspended:
		return x.endProblem(ServerError, 503, "This store is currently unavailable")
	case !x.api.has(x.route.scopes...):
		return x.endProblem(Forbidden, 403, missingScope)
	}
	x.route.answer(x)
	return false
}

// worldOf gives the account that a store belongs to, or nil when it is closed.
func (s *Server) worldOf(wanted *store) *World {
	for _, w := range s.worlds {
		if w.byHash[wanted.hash] == wanted {
			return w
		}
	}
	return nil
}

// moment is when the day began by the clock of the sandbox, and what time it is in it now. Between days its clock goes
// as fast as Config.Clock, but never past the end of the day.
func (s *Server) moment() (dayBegan, now time.Time) {
	clock := s.cfg.Clock().UnixNano() // may ask this server for the time, so before its lock
	s.dayBegan.CompareAndSwap(0, clock)
	passed := time.Duration(clock - s.dayBegan.Load())
	s.mu.RLock()
	defer s.mu.RUnlock()
	dayBegan = s.worlds[s.first].now
	return dayBegan, dayBegan.Add(min(max(0, passed), day-time.Second))
}

// json answers with a status and a body.
func (x *restCall) json(status int, body any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body)
	x.answer.status, x.answer.contentType, x.answer.body = status, jsonType, bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// nothing answers without a body.
func (x *restCall) nothing(status int) {
	x.answer.status, x.answer.contentType, x.answer.body = status, "", nil
}

// object is a JSON object; its keys go out in alphabetical order.
type object = map[string]any

const statusCodes = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"

// problem answers as a V3 service does; errors may be nil for none (facts 2.12).
func (x *restCall) problem(status int, title string, errors any) {
	body := object{"status": status, "title": title, "type": statusCodes}
	if errors != nil {
		body["errors"] = errors
	}
	x.json(status, body)
}

// requestID gives a request a name of its own.
func requestID(number int64) string {
	text := "00000000000000000000000000000000" + itoa(number)
	return text[len(text)-32:]
}

// showTime is the one path that takes no token: milliseconds, bare (facts 2.4).
func (s *Server) showTime(w http.ResponseWriter, r *http.Request) {
	_, now := s.moment()
	s.restCounters.add(RestRequest{At: s.cfg.Clock(), Method: r.Method, Route: "GET /time", URL: r.URL.RequestURI(), Status: 200})
	a := answer{status: 200, contentType: jsonType, body: []byte(itoa(now.UnixMilli()))}
	a.write(w, r)
}
