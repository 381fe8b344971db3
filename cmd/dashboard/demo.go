package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
	"rollcall/internal/signin"
)

// demoDays is how much history the demo has when it opens.
const demoDays = 120

// demoSpace is how many bytes of made files the demo keeps.
const demoSpace = 200e6

// demoAPI leads nowhere: the demo's requests never leave the process.
var demoAPI = API{APIURL: "http://sandbox.invalid", AccountQuota: "70/1h"}

type demoCmd struct {
	Addr string    `help:"Loopback address to listen on." default:"127.0.0.1:8080"`
	Now  time.Time `help:"Freeze the demo at this moment (RFC 3339) instead of letting days pass." placeholder:"TIME"`
}

// Run makes a demo account with its history and serves it. Without --data nothing is kept.
func (c *demoCmd) Run(ctx context.Context, g *Global, std streams) error {
	listener, err := listenLoopback(ctx, c.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	remove, err := g.temporary()
	if err != nil {
		return err
	}
	defer remove()
	d := newDemo(c.Now)
	h, err := openHouse(ctx, g, demoAPI, std, "demo", d.furnish)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := d.live(ctx, h, demoDays); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "Rollcall's demo is at http://%s\n", listener.Addr())
	if c.Now.IsZero() {
		go d.passDays(ctx, 5*time.Minute)
	}
	e := edge{}
	e.Addr, e.Demo, e.NextDay = listener.Addr().String(), d.visitor(), d.nextDay
	e.Door = signin.New(h.db, signin.NewHasher(signin.DefaultCost), signin.NewSetupCode(), h.now)
	e.Sessions, e.SpoolMax = memstore.New(), demoSpace
	return h.serve(ctx, filepath.Join(g.Data, "exports"), e, listener)
}

// temporary makes a folder for data when none was named, and returns what removes it.
func (g *Global) temporary() (remove func(), err error) {
	if g.Data != "" {
		return func() {}, nil
	}
	g.Data, err = os.MkdirTemp("", "rollcall-demo-")
	return func() { os.RemoveAll(g.Data) }, err
}

// demo is a made-up account whose days pass on demand.
type demo struct {
	world   *sandbox.Server
	house   *house
	account org.Account
	frozen  bool

	enrolled map[string]bool // tokens in the register

	mu sync.Mutex // one day at a time
}

// newDemo makes the account as it was at the beginning of the history that ends at now.
func newDemo(now time.Time) *demo {
	d := &demo{frozen: !now.IsZero(), enrolled: map[string]bool{}}
	if now.IsZero() {
		now = time.Now()
	}
	d.world = sandbox.New(sandbox.Config{
		Start: now.UTC().Truncate(time.Second).AddDate(0, 0, -demoDays),
		Clock: func() time.Time { return d.world.Now() },
		// Large pages keep the history quick to build: about two requests a day instead of eight.
		Limits: sandbox.Limits{PageCap: 250},
		// The clock stands still within a day, so a window of the stores' quotas would never end.
		Rest: sandbox.Rest{Quota: -1},
	})
	return d
}

// furnish points a house at the demo's world and its clock.
func (d *demo) furnish(h *house) {
	h.now, h.wire = d.world.Now, d.world.Transport()
	d.house = h
}

// unused refuses a data folder that holds anything: every visitor of the demo is an admin, and its clock is its own.
func unused(ctx context.Context, h *house) error {
	accounts, err := h.db.Accounts(ctx)
	if err != nil {
		return err
	}
	members, err := h.db.CountMembers(ctx)
	if err == nil && len(accounts)+members > 0 {
		err = org.Conflict("This data folder is in use already, and the demo lets everybody in as admin. Name an empty folder, or leave --data and ROLLCALL_DATA out.")
	}
	return err
}

// live connects the account and syncs it day by day. A data folder that was used before is left as it is.
func (d *demo) live(ctx context.Context, h *house, days int) (err error) {
	if err := unused(ctx, h); err != nil {
		return err
	}
	token := sandbox.DefaultToken
	if d.account, err = h.db.ConnectAccount(ctx, sandbox.DefaultUUID, org.Last4(token), h.seal(token)); err != nil {
		return err
	}
	defer debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // much garbage for a moment, and the start is waited for
	quiet := *h                                       // so many syncs are nothing to log
	quiet.log = slog.New(slog.DiscardHandler)
	for day := range days + 1 {
		if day > 0 {
			d.world.AdvanceDay()
		}
		if !readOn(days - day) {
			continue
		}
		if err := d.read(ctx, &quiet, sweptOn(days-day)); err != nil {
			return fmt.Errorf("demo day %d: %w", day, err)
		}
	}
	return d.expect(ctx, &quiet)
}

// readOn tells whether the demo's account was read so many days ago: daily of late, every fourth day before. The start
// is quicker for it.
func readOn(ago int) bool { return ago <= 14 || ago%4 == 0 }

// sweptOn tells whether the tokens of the demo's register were read so many days ago too.
func sweptOn(ago int) bool { return ago <= 5 || ago%12 == 0 }

// read syncs the account as it stands. With sweep, what was registered since is read through its tokens as well.
func (d *demo) read(ctx context.Context, h *house, sweep bool) error {
	if sweep {
		if err := d.enrol(ctx, h); err != nil {
			return err
		}
	}
	s, err := h.sync(ctx, d.account, "demo")
	if err != nil {
		return err
	}
	if !sweep {
		s.Sweep = nil
	}
	_, err = s.Run(ctx, d.account, refresh.Options{})
	return err
}

// nextDay lets a day pass and reads what it brought.
func (d *demo) nextDay(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.world.AdvanceDay()
	return d.read(ctx, d.house, true)
}

func (d *demo) passDays(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err := d.nextDay(ctx)
			if ctx.Err() != nil {
				return
			}
			d.recordDay(ctx, err)
		}
	}
}

// recordDay writes a day that passed by itself to the activity log.
func (d *demo) recordDay(ctx context.Context, err error) {
	act := org.Activity{Actor: "demo", Action: "demo.next-day", Outcome: outcome(err)}
	if err != nil {
		d.house.log.Error("demo day failed", "error", err)
	}
	if err := d.house.db.AddActivity(ctx, act); err != nil {
		d.house.log.Error("activity not recorded", "action", act.Action, "error", err)
	}
}

// visitor is who every visitor of the demo is.
func (d *demo) visitor() *signin.Member {
	return &signin.Member{Name: "Demo admin", Email: "demo@example.com", Role: signin.Admin, LastAccount: d.account.ID}
}
