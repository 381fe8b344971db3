package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// serveControls adds what a tester of the stores needs: their credentials, and faults at run time.
func (s *Server) serveControls(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sandbox/credentials", s.showCredentials)
	mux.HandleFunc("GET /_sandbox/credentials/{client}", s.showFile)
	mux.HandleFunc("GET /_sandbox/store-stats", func(w http.ResponseWriter, r *http.Request) { showJSON(w, s.RestStats()) })
	mux.HandleFunc("GET /_sandbox/store-faults", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, DescribeStoreFaults()) })
	mux.HandleFunc("POST /_sandbox/store-faults", s.setStoreFaults)
	mux.HandleFunc("POST /_sandbox/suspend", s.suspend)
}

func showJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", jsonType)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Server) showCredentials(w http.ResponseWriter, r *http.Request) {
	all := []Credential{}
	for _, uuid := range s.UUIDs() {
		all = append(all, s.Credentials(uuid)...)
	}
	showJSON(w, all)
}

// showFile gives one credential file; ?layout=B or C chooses another layout.
func (s *Server) showFile(w http.ResponseWriter, r *http.Request) {
	for _, uuid := range s.UUIDs() {
		for _, c := range s.Credentials(uuid) {
			if c.ClientID == r.PathValue("client") {
				layout := or(r.URL.Query().Get("layout"), "A")
				w.Header().Set("Content-Type", textType)
				w.Header().Set("Content-Disposition", `attachment; filename="`+c.FileName()+`"`)
				fmt.Fprint(w, c.File(rune(layout[0])))
				return
			}
		}
	}
	http.NotFound(w, r)
}

// setStoreFaults takes ?store=HASH&kind=A,B&path=/v3/hooks&times=3; without a kind the store is healed.
func (s *Server) setStoreFaults(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	times, _ := strconv.Atoi(q.Get("times"))
	var faults []StoreFault
	for _, kind := range splitKinds(q.Get("kind")) {
		if !slices.Contains(AllStoreFaults, kind) {
			http.Error(w, fmt.Sprintf("unknown fault %q; the kinds are %v", kind, AllStoreFaults), http.StatusBadRequest)
			return
		}
		faults = append(faults, StoreFault{Kind: kind, Path: q.Get("path"), ClientID: q.Get("client"), Times: times})
	}
	s.FaultStore(or(q.Get("store"), "*"), faults...)
	showJSON(w, object{"store": or(q.Get("store"), "*"), "faults": len(faults)})
}

// suspend takes ?store=HASH and &off=true to open it again.
func (s *Server) suspend(w http.ResponseWriter, r *http.Request) {
	hash, off := r.URL.Query().Get("store"), r.URL.Query().Get("off") == "true"
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, world := range s.worlds {
		if found := world.byHash[hash]; found != nil {
			found.shop.suspended = !off
			showJSON(w, object{"store": hash, "suspended": !off})
			return
		}
	}
	http.NotFound(w, r)
}
