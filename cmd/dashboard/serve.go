package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/schedule"
	"rollcall/internal/signin"
	"rollcall/web"
)

type serveCmd struct {
	API `embed:""`

	Addr        string   `help:"Address to listen on." default:"127.0.0.1:8080" env:"ROLLCALL_ADDR"`
	PublicURL   string   `name:"public-url" help:"The address that people type, for example https://rollcall.example.com." env:"ROLLCALL_PUBLIC_URL"`
	TLSCert     string   `name:"tls-cert" help:"Certificate file." env:"ROLLCALL_TLS_CERT" type:"path"`
	TLSKey      string   `name:"tls-key" help:"Key file of the certificate." env:"ROLLCALL_TLS_KEY" type:"path"`
	BehindProxy []string `help:"Networks of the reverse proxy that ends TLS, for example 127.0.0.1/32." env:"ROLLCALL_BEHIND_PROXY"`
	ExportSpace byteSize `help:"Space for made files that are kept for download; those made longest ago go first. 0 is no limit." default:"2GB" env:"ROLLCALL_EXPORT_SPACE" placeholder:"SIZE"`

	Activity activityFlags `embed:"" prefix:"activity-"`
}

// Run serves the dashboard until it is stopped. The order at the end: no new requests, then syncs (their runs stay
// open), then the database.
func (c *serveCmd) Run(ctx context.Context, g *Global, std streams) error {
	edge, err := c.edge()
	if err != nil {
		return err
	}
	receivers, err := c.Activity.check()
	if err != nil {
		return err
	}
	listener, err := listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	h, err := openHouse(ctx, g, c.API, std, "serve")
	if err != nil {
		return err
	}
	defer h.Close()
	if err := h.connectFromEnv(ctx); err != nil {
		return err
	}
	code := signin.NewSetupCode()
	door := signin.New(h.db, signin.NewHasher(signin.DefaultCost), code, h.now)
	door.Seal, door.Log = h.factorSeal(), h.log
	edge.Door, edge.Addr = door, listener.Addr().String()
	if err := c.greet(ctx, std, door, code, listener.Addr(), edge); err != nil {
		return err
	}
	defer h.keepLog(ctx, receivers, c.Activity.Months)()
	return h.serve(ctx, g.spool(), edge, edge.wrap(listener))
}

// edge is the web configuration with what only serving needs.
type edge struct {
	web.Config

	cert *tls.Certificate
}

// edge checks the flags that concern the network; all must fit together before anything is opened.
func (c *serveCmd) edge() (e edge, err error) {
	e.SpoolMax = int64(c.ExportSpace)
	if c.PublicURL != "" {
		if e.PublicURL, err = url.Parse(c.PublicURL); err != nil || !plainAddress(e.PublicURL) {
			return e, org.Invalid("public-url", fmt.Sprintf("%q is no address of its own for Rollcall. Use one like https://rollcall.example.com.", c.PublicURL))
		}
	}
	for _, network := range c.BehindProxy {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			return e, org.Invalid("behind-proxy", fmt.Sprintf("%q is no network. Use one like 127.0.0.1/32.", network))
		}
		e.BehindProxy = append(e.BehindProxy, prefix)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return e, org.Invalid("tls-cert", "--tls-cert and --tls-key belong together: give both or none.")
	}
	if c.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return e, &org.Error{Kind: org.KindInvalid, Field: "tls-cert", Text: "The certificate and its key cannot be used: " + err.Error(), Err: err}
		}
		e.cert, e.TLS = &cert, true
	}
	if len(e.BehindProxy) > 0 && (e.PublicURL == nil || e.PublicURL.Scheme != "https") {
		return e, org.Invalid("public-url", "--behind-proxy needs --public-url with the https address that people type; without it the session cookie would not be kept to TLS.")
	}
	if !e.TLS && len(e.BehindProxy) == 0 && !isLoopback(c.Addr) {
		return e, org.Invalid("addr", fmt.Sprintf("%s can be reached from other machines, and without TLS passwords would travel in the clear. "+
			"Give --tls-cert and --tls-key, or name the proxy that ends TLS with --behind-proxy, or listen on 127.0.0.1.", c.Addr))
	}
	return e, nil
}

// plainAddress tells whether people could type the address and find Rollcall's pages below it.
func plainAddress(u *url.URL) bool {
	return (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

// wrap speaks TLS on the listener when a certificate was given.
func (e edge) wrap(listener net.Listener) net.Listener {
	if e.cert == nil {
		return listener
	}
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{*e.cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	})
}

// greet says where the dashboard is and, on the first run, the set-up code.
func (c *serveCmd) greet(ctx context.Context, std streams, door *signin.Door, code *signin.SetupCode, addr net.Addr, e edge) error {
	where := "http://" + addr.String()
	if e.TLS {
		where = "https://" + addr.String()
	}
	if e.PublicURL != nil {
		where = e.PublicURL.String()
	}
	fmt.Fprintf(std.out, "Rollcall %s is at %s\n", versionText(), where)
	first, err := door.NeedsSetup(ctx)
	if first {
		fmt.Fprintf(std.out, "Nobody can sign in yet. Set-up code: %s (valid until it is used or this program stops)\n", code.Text())
	}
	return err
}

// serve runs the web server, the daily sync and syncs that were left open until the context ends.
func (h *house) serve(ctx context.Context, spool string, e edge, listener net.Listener) error {
	background := newSyncs(h)
	e.Reader, e.House, e.Syncs, e.Connector = h.db, h.db, background, connector{h}
	e.Inventory, e.Register, e.Judge = h.db, registrar{h}, h.db
	e.Log, e.Spool, e.Version, e.Now = h.log, spool, versionText(), h.now
	if e.Sessions == nil { // the demo's database lives by another clock than its visitors' browsers
		e.Sessions = h.db.Sessions()
	}
	server := web.New(e.Config)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var others sync.WaitGroup
	others.Go(func() { schedule.Loop{Slots: h.db, Log: h.log, Now: h.now}.Run(ctx, h.jobs(background, e)...) })
	others.Go(func() { h.keepWarm(ctx, 3*time.Second) })
	err := h.resume(ctx, background)
	if err == nil {
		err = serveUntil(ctx, server.HTTPServer(), listener)
	}
	cancel()
	others.Wait()
	if stopErr := background.stop(15 * time.Second); err == nil {
		err = stopErr
	}
	return err
}

// jobs are what happens by the clock. The demo has days of its own.
func (h *house) jobs(background *syncs, e edge) []schedule.Job {
	if e.Demo != nil {
		return nil
	}
	return []schedule.Job{background.daily(), {
		Name: "forget ended sessions",
		When: func(context.Context) (schedule.Daily, error) { return schedule.Daily{On: true, At: "00:30"}, nil },
		Run:  h.forget,
	}}
}

// resume continues syncs that the last process left open.
func (h *house) resume(ctx context.Context, s *syncs) error {
	accounts, err := h.db.Accounts(ctx)
	if err != nil {
		return err
	}
	if err := s.runner.Continue(ctx, h.db.History(), accounts); err != nil {
		return err
	}
	for _, a := range accounts {
		if s.Running(a.ID) {
			s.watch(ctx, a.ID, "restart")
		}
	}
	return nil
}
