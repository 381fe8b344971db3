package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"rollcall/internal/org"
)

// secretFromEnv reads a secret from the variable, or from the file that the variable with _FILE names. Both at once
// would hide which one counts, so that is refused.
func secretFromEnv(name string) (string, error) {
	value, path := strings.TrimSpace(os.Getenv(name)), strings.TrimSpace(os.Getenv(name+"_FILE"))
	switch {
	case value != "" && path != "":
		return "", org.Invalid(name, fmt.Sprintf("Both %s and %s_FILE are set. Keep one of them.", name, name))
	case path == "":
		return value, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", org.Problem(org.KindInvalid, fmt.Sprintf("The file that %s_FILE names cannot be read.", name), err)
	}
	return strings.TrimSpace(string(text)), nil
}

// secretFromInput reads one line from standard input, after a prompt when a person types; what they type is not shown.
// It gives up when ctx ends, with the terminal as it was.
func secretFromInput(ctx context.Context, std streams, prompt string) (string, error) {
	file, ok := std.in.(*os.File)
	if !ok || !isTerminal(file) {
		return lineFromInput(ctx, std, "")
	}
	restore, err := hideTyping(file)
	if err != nil { // no terminal that can be told so, for example the null device
		return lineFromInput(ctx, std, prompt)
	}
	defer func() {
		restore()
		fmt.Fprintln(std.err) // the line break that was typed did not show
	}()
	return lineFromInput(ctx, std, prompt)
}

// lineFromInput is the same for what may be shown. The reading itself cannot be stopped; it ends with the program.
func lineFromInput(ctx context.Context, std streams, prompt string) (string, error) {
	type answer struct {
		line string
		err  error
	}
	if isTerminal(std.in) {
		fmt.Fprint(std.err, prompt)
	}
	typed := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(std.in, 64<<10)).ReadString('\n')
		typed <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-typed:
		if a.err != nil && a.err != io.EOF {
			return "", fmt.Errorf("read standard input: %w", a.err)
		}
		return strings.TrimSpace(a.line), nil
	}
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
