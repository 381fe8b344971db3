package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// hideTyping keeps a console from showing what is typed until restore is called.
func hideTyping(file *os.File) (restore func(), err error) {
	console := windows.Handle(file.Fd())
	var was uint32
	if err := windows.GetConsoleMode(console, &was); err != nil {
		return nil, err
	}
	hidden := was&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	if err := windows.SetConsoleMode(console, hidden); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetConsoleMode(console, was) }, nil
}
