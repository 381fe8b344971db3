package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// canned is an answer that does not depend on the request.
type canned struct {
	status            int
	contentType, body string
}

// cannedAnswers are refusals and nonsense in every recorded shape (facts 2.12 and 2.14).
var cannedAnswers = map[StoreFaultKind]canned{
	"401":             {401, jsonType, problemText(401, "Unauthorized", `"errors":{}`)},
	"401-long":        {401, jsonType, problemText(401, wrongCombination, "")},
	"401-text":        {401, textType, "X-Auth-Token header is required"},
	"401-format":      {401, textType, "X-Auth-Token header should have correct format"},
	"403":             {403, jsonType, problemText(403, missingScope, `"errors":{}`)},
	"403-access":      {403, jsonType, problemText(403, "Unauthorized Access. You do not have permission to make this request.", "")},
	"403-old":         {403, jsonType, `{"error":"You do not have permission to access this resource."}`},
	"404-route":       {404, textType, "The route is not found, check the URL"},
	"404-hash":        {404, jsonType, problemText(404, "The store hash is malformed", `"errors":{}`)},
	"404-entity":      {404, jsonType, problemText(404, "Entity with id tree [3] was not found ", "")},
	"400":             {400, jsonType, problemText(400, "Input is invalid.", "")},
	"422-filter":      {422, jsonType, problemText(422, "The filter(s): foo are not valid filter parameter(s).", "")},
	"422-array":       {422, jsonType, problemText(422, "JSON data is missing or invalid", `"errors":["destination: error.path.missing."]`)},
	"422-detail":      {422, jsonType, problemText(422, "JSON data is missing or invalid", `"detail":"destination is missing"`)},
	"422-code":        {422, jsonType, problemText(422, "The request could not be understood", `"code":22004`)},
	"422-message":     {422, jsonType, problemText(422, "Unprocessable", `"error":{"message":"the value is not allowed"}`)},
	"422-instance":    {422, jsonType, problemText(422, "JSON data is missing or invalid", `"instance":"/v3/hooks","errors":{"destination":"error.path.missing."}`)},
	"v2-array":        {400, jsonType, `[{"status":400,"message":"The field 'limit' is invalid."}]`},
	"v2-details":      {409, jsonType, `[{"status":409,"message":"The request conflicts with another.","details":{"conflict_reason":"locked"}}]`},
	"v2-object":       {400, jsonType, `{"status":400,"message":"The request is not valid."}`},
	"304":             {304, "", ""},
	"500":             {500, jsonType, problemText(500, "Internal Server Error", `"errors":{}`)},
	"500-empty":       {500, "", ""},
	"502":             {502, htmlType, htmlPage("502 Bad Gateway")},
	"502-json":        {502, jsonType, problemText(502, "Bad Gateway", "")},
	"503":             {503, "", ""},
	"503-html":        {503, htmlType, htmlPage("503 Service Unavailable")},
	"503-suspended":   {503, jsonType, problemText(503, "This store is currently unavailable", `"errors":{}`)},
	"504":             {504, htmlType, htmlPage("504 Gateway Time-out")},
	"507":             {507, jsonType, problemText(507, "The limit of the plan is reached", "")},
	"html":            {200, htmlType, htmlPage("We'll be right back")},
	"html-as-json":    {200, jsonType, htmlPage("We'll be right back")},
	"empty":           {200, jsonType, ""},
	"text":            {200, textType, "ok"},
	"no-content":      {204, "", ""},
	"wrong-shape":     {200, jsonType, `{"data":"nothing","meta":[]}`},
	"error-as-200":    {200, jsonType, problemText(500, "Internal Server Error", "")},
	"graphql-as-null": {200, jsonType, `{"data":null,"errors":[{"message":"Internal server error","path":["client"]}]}`},
}

func cannedKinds() []StoreFaultKind {
	var kinds []StoreFaultKind
	for kind := range cannedAnswers {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// problemText writes a V3 error with something more in it.
func problemText(status int, title, more string) string {
	text, _ := json.Marshal(title)
	body := `{"status":` + itoa(int64(status)) + `,"title":` + string(text) + `,"type":"` + statusCodes + `"`
	if more != "" {
		body += "," + more
	}
	return body + "}"
}

// early applies the faults that come before the token is looked at.
func (x *restCall) early() bool {
	late := x.rest.Latency
	if x.odd(StoreSlow) {
		late += or(x.faults[StoreSlow].Delay, x.rest.SlowBy)
	}
	if x.wait(late) {
		return true
	}
	for kind, fault := range x.faults {
		if c, ok := cannedAnswers[kind]; ok {
			return x.end(ServerError, c.status, c.contentType, c.body)
		}
		switch kind {
		case StoreHanging:
			return x.hang()
		case StoreDropped:
			x.answer.drop = dropAll
			return true
		case StoreRedirect:
			return x.redirect(301, "https://elsewhere.example"+x.http.URL.RequestURI())
		case StoreRedirectOwn:
			return x.redirect(302, x.http.URL.RequestURI())
		case StoreLimited, StoreDecimal, StorePlatform, StoreEmptyLimit, StoreLimitAs500:
			return x.limitFault(kind, or(fault.Delay, time.Second))
		}
	}
	return false
}

func (x *restCall) redirect(status int, to string) bool {
	x.answer.header.Set("Location", to)
	return x.end(ServerError, status, htmlType, htmlPage(http.StatusText(status)))
}

// limitFault refuses a request for its rate, in one of the forms.
func (x *restCall) limitFault(kind StoreFaultKind, reset time.Duration) bool {
	rate := Rate{Quota: 150, Window: x.rest.Window, RetryAfter: "whole"}
	if kind == StoreDecimal {
		rate.RetryAfter = "fraction"
	}
	if kind != StorePlatform && kind != StoreEmptyLimit {
		l := &limiter{rate: rate}
		l.setHeaders(x.answer.header, verdict{reset: reset})
		l.retryAfter(x.answer.header, verdict{reset: reset})
	}
	if kind == StoreLimitAs500 {
		return x.endProblem(ServerError, 500, "Internal Server Error")
	}
	return x.limited(kind == StoreEmptyLimit)
}

// late spoils the body of a good answer.
func (x *restCall) late() bool {
	switch {
	case x.answer.status >= 300:
	case x.odd(StoreCut):
		x.answer.body = x.answer.body[:len(x.answer.body)*2/3]
	case x.odd(StoreDropBody):
		x.answer.drop = dropHalf
	}
	return true
}
