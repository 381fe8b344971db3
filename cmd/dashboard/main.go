// Command dashboard is Rollcall: the web dashboard, its syncs, its exports and a local BigCommerce to try it on.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the whole command line. Flags of serve are environment variables too; flags that change what an export
// contains are not.
type cli struct {
	Global

	Demo    demoCmd    `cmd:"" help:"Try Rollcall on a living demo account; needs nothing else."`
	Serve   serveCmd   `cmd:"" help:"Run the dashboard."`
	Sync    syncCmd    `cmd:"" help:"Read every connected account once, waiting for quota."`
	Export  exportCmd  `cmd:"" help:"Write a list to a file or to standard output."`
	Account accountCmd `cmd:"" help:"Connect, list, check and remove BigCommerce accounts."`
	Token   tokenCmd   `cmd:"" help:"Register the API accounts of stores: import, add, list, remove."`
	Member  memberCmd  `cmd:"" help:"Create, list and reset members of Rollcall."`
	Doctor  doctorCmd  `cmd:"" help:"Check settings, database, key, tokens, scopes and the live schema."`
	Backup  backupCmd  `cmd:"" help:"Copy the database to a file while others use it."`
	Restore restoreCmd `cmd:"" help:"Put a backup into the place of the database; nobody else may use it meanwhile."`
	Verify  verifyCmd  `cmd:"" help:"Prove that the activity log is as it was written."`
	Key     keyCmd     `cmd:"" help:"Change the master key that seals tokens."`
	Sandbox sandboxCmd `cmd:"" help:"Run the local BigCommerce alone."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever asks twice does not want to wait for an orderly end
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are the process's ends; tests put buffers there.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exit codes (README.md).
const (
	exitOK      = 0
	exitError   = 1
	exitUsage   = 2
	exitPartial = 3
)

// errPartial ends a command with exit code 3: it worked, but what it leaves is not complete.
var errPartial = errors.New("partial")

// run parses the arguments, runs the command and returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	var c cli
	stopped := false
	parser, err := kong.New(&c,
		kong.Name("dashboard"),
		kong.Description("Rollcall shows who can sign in to which BigCommerce store, with which rights, since when, and what changed."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(int) { stopped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, Summary: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.err, "dashboard:", err)
		return exitError
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	cmd, err := parser.Parse(args)
	if stopped { // help was asked for and printed
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(std.err, "dashboard: %v\nRun \"dashboard --help\" to see what is possible.\n", err)
		return exitUsage
	}
	return finish(cmd.Run(&c.Global), std)
}
