package stores

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rollcall/internal/org"
)

const someHash = "abc123xyz"

var opened = Token{StoreHash: someHash, Secret: someToken}

// answer is what a fake store says to one request.
type answer struct {
	status int
	body   string
	header map[string]string
}

// fakeStore answers by method and path below the store. It serves in the process, so that time may be fake, or over a
// socket.
type fakeStore struct {
	t  testing.TB
	mu sync.Mutex

	answers  map[string]func(*http.Request) answer // by "GET /v3/hooks"
	requests []string                              // as sent, in order
}

func newFakeStore(t testing.TB) *fakeStore {
	f := &fakeStore{t: t, answers: map[string]func(*http.Request) answer{}}
	f.say("GET /v3/hooks", 200, hookPage())
	f.say("GET /v3/hooks/admin", 200, adminPage())
	f.say("POST /graphql", 200, identityAnswer("", "store_v2_orders", "store_v2_default"))
	f.say("GET /v2/store", 200, `{"id":"abc123xyz","name":"Alpine","status":"live","admin_email":"owner@example.com","plan_name":"Pro","account_uuid":"`+someUUID+`","logo":[]}`)
	f.say("GET /v2/time", 200, `{"time":1700000000}`)
	return f
}

func (f *fakeStore) say(what string, status int, body string) {
	f.on(what, func(*http.Request) answer { return answer{status: status, body: body} })
}

func (f *fakeStore) on(what string, do func(*http.Request) answer) { f.answers[what] = do }

// sayInTurn answers with one after the other, then with the last again.
func (f *fakeStore) sayInTurn(what string, all ...answer) {
	n := 0
	f.on(what, func(*http.Request) answer {
		a := all[min(n, len(all)-1)]
		n++
		return a
	})
}

// refuse answers everything alike.
func (f *fakeStore) refuse(a answer) {
	for what := range f.answers {
		f.on(what, func(*http.Request) answer { return a })
	}
}

func (f *fakeStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/stores/"+someHash)
	f.requests = append(f.requests, strings.TrimSuffix(r.Method+" "+path+"?"+r.URL.RawQuery, "?"))
	do := f.answers[r.Method+" "+path]
	if do == nil {
		do = func(*http.Request) answer { return answer{status: 403, body: scopeMissing} }
	}
	a := do(r)
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// RoundTrip serves without a socket.
func (f *fakeStore) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	f.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func (f *fakeStore) client() *Client { return New(Config{URL: "http://local", Transport: f}) }

const (
	scopeMissing = `{"status":403,"title":"You don't have a required scope to access the endpoint","type":"https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes","errors":{}}`
	noAccess     = `{"status":403,"title":"Unauthorized access, no permission for this request"}`
	unauthorized = `{"status":401,"title":"Unauthorized","type":"x","errors":{}}`
)

// hookText is a webhook as the API gives it.
func hookText(id int64) string {
	return fmt.Sprintf(`{"id":%d,"client_id":"%s","store_hash":"%s","scope":"store/order/created","destination":"https://in.example.com/%d","headers":{"X-Key":"swordfish"},"is_active":true,"created_at":1700000000,"updated_at":1700000001}`,
		id, someClient, someHash, id)
}

func hookTexts(ids ...int64) string {
	var all []string
	for _, id := range ids {
		all = append(all, hookText(id))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// hookPage is a whole list in the documented form.
func hookPage(ids ...int64) string {
	return fmt.Sprintf(`{"data":%s,"meta":{"pagination":{"total":%d,"count":%d,"per_page":250,"current_page":1,"total_pages":1,"links":{"current":"?page=1"}}}}`, hookTexts(ids...), len(ids), len(ids))
}

func adminPage(ids ...int64) string {
	return fmt.Sprintf(`{"data":{"emails":["ops@example.com"],"hooks_list":%s,"blocked_domains":[]},"meta":{"pagination":{"total":%d,"count":%d,"per_page":10,"current_page":1,"total_pages":1}}}`, hookTexts(ids...), len(ids), len(ids))
}

func identityAnswer(next string, scopes ...string) string {
	var edges []string
	for _, scope := range scopes {
		edges = append(edges, fmt.Sprintf(`{"node":%q}`, scope))
	}
	return fmt.Sprintf(`{"data":{"client":{"clientId":"%s","scopes":{"pageInfo":{"hasNextPage":%v,"endCursor":%q},"edges":[%s]}},"store":{"id":"bc/store/store/1","storeHash":"%s","storeReferenceId":"1","account":{"id":"bc/account/account/%s"}}}}`,
		someClient, next != "", next, strings.Join(edges, ","), someHash, someUUID)
}

// paged serves ids in pages, the way a store does; spoil may change a page before it leaves.
func paged(perPage int, ids []int64, spoil func(page int, p map[string]any)) func(*http.Request) answer {
	return func(r *http.Request) answer {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		page = max(page, 1)
		lo := min((page-1)*perPage, len(ids))
		hi := min(lo+perPage, len(ids))
		p := map[string]any{
			"data": json.RawMessage(hookTexts(ids[lo:hi]...)),
			"meta": map[string]any{"pagination": map[string]any{"total": len(ids), "count": hi - lo, "per_page": perPage, "current_page": page, "total_pages": (len(ids) + perPage - 1) / perPage}},
		}
		if spoil != nil {
			spoil(page, p)
		}
		body, _ := json.Marshal(p)
		return answer{status: 200, body: string(body)}
	}
}

func numbers(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(27_000_000 + i)
	}
	return ids
}

func hookIDs(hooks []org.Webhook) []int64 {
	var ids []int64
	for _, h := range hooks {
		ids = append(ids, h.APIID)
	}
	return ids
}
