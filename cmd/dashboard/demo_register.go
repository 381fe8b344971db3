package main

import (
	"context"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

// demoBy is who set the demo up, as its register shows it.
const demoBy = "Demo admin"

var demoKinds = map[string]org.APIAccountKind{
	sandbox.KindToken: org.APIAccountToken, sandbox.KindStencil: org.APIAccountStencil, sandbox.KindApp: org.APIAccountApp,
}

// demoOwners answer for what the API accounts are used for.
var demoOwners = map[string][2]string{ // purpose: owner, system
	"sends orders to the warehouse":                     {"Logistics", "Warehouse Link"},
	"keeps orders and customers in the ERP":             {"Finance IT", "ERP"},
	"adds subscribers to the mailing list":              {"Marketing", "Email Studio"},
	"keeps the product search fresh":                    {"E-commerce", "Search Filter"},
	"copies sales figures to the data warehouse":        {"Data team", "Data warehouse"},
	"checks orders before they are captured":            {"Payments", "Fraud Guard"},
	"publishes the theme":                               {"Web team", "Build server"},
	"sets prices from the price list of the week":       {"Merchandising", "Pricing"},
	"publishes landing pages":                           {"Web team", "Content system"},
	"reads the store for the access audit":              {"IT security", "Rollcall"},
	"mirrors stock to the marketplace":                  {"E-commerce", "Marketplace feed"},
	"old connection to the till system":                 {"", "Till"},
	"shows orders on the screens of the packing tables": {"Logistics", "Packing screens"},
}

// keptFromRegister are API accounts that the demo's people forgot to register: what they do shows only where other
// evidence names their client.
func keptFromRegister(c sandbox.Credential) bool { return c.Name == "Loyalty Circle" }

// withoutToken are registered by name only: their credentials are lost.
func withoutToken(c sandbox.Credential) bool { return c.Purpose == "made for a migration" }

// enrol puts the API accounts of the demo's stores into the register, as people would have, and approves the hosts that
// they trust. Entries that are there already stay.
func (d *demo) enrol(ctx context.Context, h *house) error {
	seen := map[string]bool{}
	for _, c := range d.world.Credentials(sandbox.DefaultUUID) {
		if d.enrolled[c.Token] || keptFromRegister(c) || !c.Live() {
			continue
		}
		d.enrolled[c.Token] = true
		a, token, secret := d.entry(c), c.Token, c.Secret
		if withoutToken(c) {
			token, secret = "", ""
		}
		if seen[c.StoreHash+a.ClientID] {
			continue
		}
		seen[c.StoreHash+a.ClientID] = true
		if _, err := h.db.AddAPIAccount(ctx, a, h.sealAPIAccount(token, secret)); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) entry(c sandbox.Credential) org.APIAccount {
	who := demoOwners[c.Purpose]
	a := org.APIAccount{
		Account: d.account.ID, StoreHash: c.StoreHash, Name: c.Name, Kind: demoKinds[c.Kind], ClientID: c.ClientID,
		Declared: c.Needs, Owner: who[0], System: who[1], Purpose: c.Purpose, Created: c.Created.Format(time.DateOnly), AddedBy: demoBy,
	}
	switch c.Purpose {
	case "made by an agency for a trial", "only listens":
		a.Purpose = ""
	}
	if who[0] != "" { // reviewed once a year, in the month of its making
		a.ReviewDue = d.review(c.Created).Format(time.DateOnly)
	}
	return a
}

// review is the next yearly review after the start of the demo's history.
func (d *demo) review(created time.Time) time.Time {
	due := created
	for due.Before(d.world.Now()) {
		due = due.AddDate(1, 0, 0)
	}
	return due
}

// expect sets what the demo's people approved and expect of webhooks.
func (d *demo) expect(ctx context.Context, h *house) error {
	var trusted []string
	d.world.Edit(func(w *sandbox.World) { trusted = w.TrustedHosts() })
	for _, host := range trusted {
		if err := h.db.ApproveHost(ctx, d.account.ID, org.ApprovedHost{Host: host, Note: "Contract checked", By: demoBy, At: d.world.Now()}); err != nil {
			return err
		}
	}
	var stores []string
	for _, c := range d.world.Credentials(sandbox.DefaultUUID) {
		if c.Name == "Warehouse connector" && c.Live() {
			stores = append(stores, c.StoreHash)
		}
	}
	if len(stores) == 0 {
		return nil
	}
	_, err := h.db.AddExpectedHooks(ctx, d.account.ID, org.ExpectedHooks{
		Integration: "Warehouse Link", Host: "events.warehouselink.example", Stores: stores, By: demoBy, At: d.world.Now(),
		Scopes: []string{"store/order/created", "store/order/statusUpdated", "store/product/inventory/updated", "store/shipment/created"},
	})
	return err
}
