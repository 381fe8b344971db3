package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

// sandboxCmd runs the local BigCommerce alone. Every field of sandbox.Config is a flag.
type sandboxCmd struct {
	Addr string `help:"Loopback address to listen on." default:"127.0.0.1:8090"`

	sandbox.Config `embed:""`
}

// Help lists the faults that --rest-faults and --rest-fault-rates may name.
func (c *sandboxCmd) Help() string {
	return "Faults of stores, for --rest-faults and --rest-fault-rates:\n\n" + sandbox.DescribeStoreFaults()
}

// Run serves until the context ends.
func (c *sandboxCmd) Run(ctx context.Context, std streams) error {
	listener, err := listenLoopback(ctx, c.Addr)
	if err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return org.Invalid("sandbox", err.Error())
	}
	server := sandbox.New(c.Config)
	fmt.Fprintf(std.out, "A local BigCommerce listens on http://%s. Account %s, token %s\n", listener.Addr(),
		cmp.Or(c.UUID, sandbox.DefaultUUID), cmp.Or(c.Token, sandbox.DefaultToken))
	fmt.Fprintf(std.out, "Next day: curl -X POST http://%s/_sandbox/next-day\n", listener.Addr())
	fmt.Fprintf(std.out, "API accounts of the stores: http://%s/_sandbox/credentials (one as a file: /_sandbox/credentials/CLIENT_ID?layout=A)\n", listener.Addr())
	fmt.Fprintf(std.out, "A store with faults: curl -X POST 'http://%s/_sandbox/store-faults?store=HASH&kind=hang,old-meta' (no kind heals it)\n", listener.Addr())
	return serveUntil(ctx, &http.Server{Handler: server, ReadHeaderTimeout: 5 * time.Second}, listener)
}

// serveUntil serves until the context ends, then lets open requests finish for a while.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		return server.Close()
	}
	return nil
}
