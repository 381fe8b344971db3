package stores

import (
	"strings"

	"rollcall/internal/org"
)

const (
	storePath = "/v2/store"
	timePath  = "/v2/time"
)

// fillStore takes what /v2/store tells into a proof. Older answers lack fields (facts 2.4): those stay as they were.
func fillStore(p *org.Proof, body []byte) bool {
	o, ok := asObject(body)
	if !ok || o.text("id") == "" && o.text("name") == "" {
		return false
	}
	set := func(field *string, key string) {
		if text := strings.TrimSpace(o.text(key)); text != "" {
			*field = text
		}
	}
	set(&p.StoreName, "name")
	set(&p.StoreStatus, "status")
	set(&p.AdminEmail, "admin_email")
	set(&p.Plan, "plan_name")
	if hash := strings.ToLower(strings.TrimSpace(o.text("id"))); hashPattern.MatchString(hash) && hash != o.text("store_id") && o["id"][0] == '"' {
		p.StoreHash = hash // not the number, should it ever stand there
	}
	if uuid := uuidIn(o.text("account_uuid")); uuid != "" {
		p.AccountUUID = uuid
	}
	return true
}
