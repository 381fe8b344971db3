package main

import (
	"bufio"
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

// secretFromInput reads one line from standard input, after a prompt when a person types.
func secretFromInput(std streams, prompt string) (string, error) {
	if isTerminal(std.in) {
		fmt.Fprint(std.err, prompt)
	}
	line, err := bufio.NewReader(io.LimitReader(std.in, 64<<10)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(line), nil
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
