package sandbox

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// systemLog is one line of a store's log: without user, client or address (facts 2.6).
type systemLog struct {
	ID          int64  `json:"id"`
	Type        string `json:"type"`
	Module      string `json:"module"`
	Severity    string `json:"severity"`
	Summary     string `json:"summary"`
	Message     string `json:"message"`
	DateCreated string `json:"date_created"`

	severity int
}

var logLines = []systemLog{
	{Type: "general", Module: "export only", Summary: "Orders were exported", severity: 1},
	{Type: "payment", Module: "optimized checkout", Summary: "A payment was declined", severity: 3},
	{Type: "shipping", Module: "order status", Summary: "A shipping quote could not be fetched", severity: 4},
	{Type: "notification", Module: "email message", Summary: "An e-mail was sent", severity: 1},
	{Type: "design", Module: "theme download", Summary: "A theme was downloaded", severity: 2},
	{Type: "tax", Module: "optimized checkout", Summary: "Tax was estimated with the fallback", severity: 3},
}

var severities = []string{"", "Success", "Notice", "Warning", "Error"}

// systemLogs lists the log of the last days, oldest first.
func (x *restCall) systemLogs() {
	q := x.http.URL.Query()
	all := x.store.logs(x.dayBegan)
	low, high := 1, 4
	for name, set := range map[string]func(int){
		"severity": func(n int) { low, high = n, n }, "severity:min": func(n int) { low = n }, "severity:max": func(n int) { high = n },
	} {
		if !q.Has(name) {
			continue
		}
		n, err := strconv.Atoi(q.Get(name))
		if err != nil {
			x.problem(422, "The filter(s): "+name+" are not valid filter parameter(s).", nil)
			return
		}
		set(n)
	}
	ids := strings.Split(q.Get("id:in"), ",")
	wanted := slices.DeleteFunc(slices.Clone(all), func(line systemLog) bool {
		return line.severity < low || line.severity > high || q.Has("type") && line.Type != q.Get("type") ||
			q.Has("type:not") && line.Type == q.Get("type:not") || q.Has("module") && line.Module != q.Get("module") ||
			q.Has("module:not") && line.Module == q.Get("module:not") || q.Has("id:in") && !slices.Contains(ids, itoa(line.ID))
	})
	if q.Get("sort") == "type" {
		slices.SortStableFunc(wanted, func(a, b systemLog) int { return strings.Compare(a.Type, b.Type) })
	}
	if q.Get("direction") == "desc" {
		slices.Reverse(wanted)
	}
	if l, ok := x.listing(len(wanted), len(all), 50); ok {
		x.list(append([]systemLog{}, wanted[l.lo:l.hi]...), l)
	}
}

// logs makes up two lines for each of the last thirty days; a day always has the same ones.
func (s *store) logs(until time.Time) []systemLog {
	var out []systemLog
	for back := 29; back >= 0; back-- {
		at := until.Add(-time.Duration(back) * day)
		number := at.Unix() / 86400
		rng := rand.New(rand.NewPCG(hashText(s.hash), uint64(number)))
		for i := range int64(2) {
			line := logLines[rng.IntN(len(logLines))]
			line.ID, line.Severity = number*2+i, severities[line.severity]
			line.Message = line.Summary + "."
			line.DateCreated = at.Add(-time.Duration(rng.IntN(12)) * time.Hour).Format("2006-01-02T15:04:05Z")
			out = append(out, line)
		}
	}
	return out
}
