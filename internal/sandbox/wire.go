package sandbox

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what goes out.
type answer struct {
	status      int
	header      http.Header
	contentType string
	body        []byte
	drop        dropping
}

// dropping says how much of an answer is lost with the connection.
type dropping int

const (
	dropNothing dropping = iota
	dropAll
	dropHalf
)

// write sends the answer, compressed when the client asks for it, or drops the connection.
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	if a.drop == dropAll {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(body) > 256 {
		body = compress(body)
		w.Header().Set("Content-Encoding", "gzip")
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if a.drop == dropHalf {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	if o, ok := w.(*reply); ok {
		o.keep(body)
		return
	}
	_, _ = w.Write(body)
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	_, _ = zip.Write(body)
	_ = zip.Close()
	return out.Bytes()
}

// beforeFault is a fault that comes instead of executing the request.
func (x *exchange) beforeFault() bool {
	switch x.fault.Kind {
	case FaultLimited:
		limiter := x.server.limiters[x.account.UUID]
		v := verdict{reset: or(x.fault.Delay, time.Second)}
		limiter.setHeaders(x.answer.header, v)
		limiter.retryAfter(x.answer.header, v)
		return x.limited(false)
	case FaultLimitedRaw, FaultLimitedNil:
		x.answer.header = http.Header{}
		return x.limited(x.fault.Kind == FaultLimitedNil)
	case Fault500:
		return x.endErrors(ServerError, 500, gqlError{Message: "Internal server error"})
	case Fault502:
		return x.end(ServerError, 502, htmlType, htmlPage("502 Bad Gateway"))
	case Fault503:
		return x.end(ServerError, 503, "", "")
	case Fault504:
		return x.end(TimedOut, 504, htmlType, htmlPage("504 Gateway Time-out"))
	case FaultDropBefore:
		x.answer.drop = dropAll
		return true
	case FaultHang:
		return x.hang()
	case FaultSlow:
		return x.wait(or(x.fault.Delay, x.cfg.SlowBy))
	}
	return x.wait(x.cfg.Latency)
}

// afterFault spoils the answer of a request that was executed.
func (x *exchange) afterFault() bool {
	switch x.fault.Kind {
	case FaultHTML:
		return x.end(Broken, 200, htmlType, htmlPage("We'll be right back"))
	case FaultEmpty:
		return x.end(Broken, 200, jsonType, "")
	case FaultCut:
		x.record.Outcome = Broken
		x.answer.body = x.answer.body[:len(x.answer.body)*2/3]
	case FaultDataNull:
		return x.endErrors(Partial, 200, gqlError{Message: "Internal server error", Path: []any{"account"}})
	case FaultDropAfter:
		x.answer.drop = dropAll
	case FaultDropBody:
		x.answer.drop = dropHalf
	case FaultShift, FaultShiftRemove:
		x.shift(x.fault.Kind == FaultShift)
	}
	return true
}

// aim finds the lists that a fault means.
func (f *Fault) aim(w *World) {
	for _, hash := range f.Stores {
		if s := w.byHash[hash]; s != nil {
			f.tags = append(f.tags, s.tag())
		}
	}
	if len(f.Stores) > 0 && len(f.tags) == 0 {
		f.tags = []string{"u-"} // none of them is left
	}
}

// shift moves users across the end of each page that has just been served with more to come: the first of the page
// goes and, if asked for, somebody new joins at the end of the store. Offset cursors then skip one user.
func (x *exchange) shift(join bool) {
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	w := x.call.world
	for _, seam := range x.call.takeSeams() {
		if w.byHash[seam.store.hash] != seam.store {
			continue
		}
		if i, found := seam.store.find(seam.person.num); found {
			w.revoke(seam.store.accesses[i])
		}
		if join {
			w.grant(seam.store, w.hire(), w.anyRights())
		}
	}
	w.accountList()
}
