package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal and the end at which a person would sit.
func openTerminal(t *testing.T) (person, terminal *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip("no terminals here:", err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { terminal.Close() })
	return person, terminal
}

func shows(t *testing.T, terminal *os.File) bool {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return mode.Lflag&unix.ECHO != 0
}

// prompted asks at a terminal and waits until what is typed there is hidden, or shown.
func prompted(t *testing.T, ctx context.Context, terminal *os.File, errs *bytes.Buffer) <-chan string {
	t.Helper()
	answer := make(chan string, 1)
	go func() {
		text, err := secretFromInput(ctx, streams{in: terminal, err: errs}, "Token: ")
		if err != nil {
			text = "error: " + err.Error()
			if errors.Is(err, context.Canceled) {
				text = "stopped"
			}
		}
		answer <- text
	}()
	for deadline := time.Now().Add(10 * time.Second); shows(t, terminal); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what is typed stays visible")
		}
	}
	return answer
}

func TestSecretsAreNotShownWhileTheyAreTyped(t *testing.T) {
	t.Parallel()
	person, terminal := openTerminal(t)
	var errs bytes.Buffer
	answer := prompted(t, t.Context(), terminal, &errs)
	if _, err := person.WriteString("s3cret\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got != "s3cret" {
		t.Errorf("got %q", got)
	}
	if !shows(t, terminal) {
		t.Error("the terminal hides what is typed afterwards")
	}
	if errs.String() != "Token: \n" {
		t.Errorf("shown: %q", errs.String())
	}
	if _, err := terminal.WriteString("end\n"); err != nil {
		t.Fatal(err)
	}
	screen := make([]byte, 100)
	if n, err := person.Read(screen); err != nil || strings.Contains(string(screen[:n]), "s3cret") {
		t.Errorf("the terminal showed %q, %v", screen[:n], err)
	}
}

func TestAPromptEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	_, terminal := openTerminal(t)
	ctx, interrupt := context.WithCancel(t.Context())
	answer := prompted(t, ctx, terminal, &bytes.Buffer{})
	interrupt()
	select {
	case got := <-answer:
		if got != "stopped" {
			t.Errorf("got %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the prompt stays")
	}
	if !shows(t, terminal) {
		t.Error("the terminal hides what is typed afterwards")
	}
}
