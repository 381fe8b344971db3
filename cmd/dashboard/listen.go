package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"rollcall/internal/org"
)

// listen opens a TCP address; a taken port and a wrong address each get a plain sentence.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, org.Problem(org.KindBusy, fmt.Sprintf(
			"The address %s is taken: another program, perhaps another Rollcall, listens there. Stop it, or choose another with --addr.", addr), err)
	case errors.Is(err, syscall.EACCES):
		return nil, org.Problem(org.KindForbidden, fmt.Sprintf(
			"This user may not listen on %s. Choose a port above 1023 with --addr.", addr), err)
	}
	return nil, &org.Error{Kind: org.KindInvalid, Field: "addr", Text: fmt.Sprintf(
		"The address %q cannot be listened on. Use a host and port like 127.0.0.1:8080.", addr), Err: err}
}

// listenLoopback refuses addresses that other machines can reach.
func listenLoopback(ctx context.Context, addr string) (net.Listener, error) {
	if !isLoopback(addr) {
		return nil, org.Invalid("addr", fmt.Sprintf("%q can be reached from other machines. Use a loopback address like 127.0.0.1:8080.", addr))
	}
	return listen(ctx, addr)
}

// isLoopback tells whether only this machine can reach the address.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
