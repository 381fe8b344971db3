package sandbox

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"time"
)

// listScripts lists what the calling API account put on the pages, and nothing else (facts 2.5).
func (x *restCall) listScripts() {
	scripts := x.scripts()
	q := x.http.URL.Query()
	key := or(q.Get("sort"), "date_created")
	if _, known := map[string]bool{"name": true, "description": true, "date_created": true, "date_modified": true}[key]; !known {
		x.problem(422, "The filter(s): sort are not valid filter parameter(s).", nil)
		return
	}
	sort.SliceStable(scripts, func(i, j int) bool {
		a, b := scripts[i][key].(string), scripts[j][key].(string)
		if q.Get("direction") == "desc" {
			a, b = b, a
		}
		return a < b
	})
	l, ok := x.listing(len(scripts), len(scripts), 50)
	if !ok {
		return
	}
	x.list(append([]object{}, scripts[l.lo:l.hi]...), l)
}

// scripts makes up the scripts of an API account: only those that may write content have some.
func (x *restCall) scripts() []object {
	a := x.api
	if !a.has("store_v2_content", "store_content_checkout") {
		return nil
	}
	rng := rand.New(rand.NewPCG(a.scriptSeed, 1))
	var out []object
	for i := range 1 + rng.IntN(4) {
		at := time.Unix(a.created, 0).UTC().Add(time.Duration(i) * day).Format("2006-01-02T15:04:05Z")
		s := object{
			"uuid": fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", rng.Uint32(), rng.IntN(1<<16), rng.IntN(1<<12), rng.IntN(1<<12), rng.Uint64N(1<<48)),
			"name": fmt.Sprintf("%s %d", a.name, i+1), "description": a.purpose, "html": "", "src": "https://cdn." + x.world.domain + "/widget.js",
			"auto_uninstall": true, "load_method": "default", "location": "footer", "visibility": "storefront", "kind": "src",
			"api_client_id": a.clientID, "consent_category": "functional", "date_created": at, "date_modified": at,
			"enabled": true, "channel_id": 1, "integrity_hashes": []string{},
		}
		if x.odd(StoreBareScripts) {
			delete(s, "enabled")
			delete(s, "channel_id")
			delete(s, "integrity_hashes")
		}
		out = append(out, s)
	}
	return out
}
