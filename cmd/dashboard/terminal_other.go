//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package main

import (
	"errors"
	"os"
)

// hideTyping is not possible here: what is typed shows.
func hideTyping(*os.File) (restore func(), err error) {
	return nil, errors.ErrUnsupported
}
