package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

// init is the process that TestKilledKeyRotate kills: it changes the key again and again.
func init() {
	folder := os.Getenv("ROLLCALL_TEST_ROTATE")
	if folder == "" {
		return
	}
	os.Unsetenv("ROLLCALL_TEST_ROTATE")
	fmt.Println("ready")
	for {
		rotateOnce(folder)
	}
}

func rotateOnce(folder string) {
	cmd := []string{"key", "rotate", "--data=" + folder}
	if code := run(context.Background(), cmd, streams{os.Stdin, os.Stderr, os.Stderr}); code != exitOK {
		os.Exit(code)
	}
}

// TestKilledKeyRotate: whenever the process dies, the next command finds the key that opens the token.
func TestKilledKeyRotate(t *testing.T) {
	p := stocked(t)
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), "ROLLCALL_TEST_ROTATE="+p.folder)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 16)); err != nil {
			t.Fatal(err)
		}
		<-time.After(rand.N(200 * time.Millisecond))
		cmd.Process.Kill()
		cmd.Wait()
		if done := p.ask("account", "check"); done.code != exitOK {
			t.Fatalf("round %d: %s%s", round, done.out, done.err)
		}
	}
	p.run("verify").must(t, exitOK)
}
