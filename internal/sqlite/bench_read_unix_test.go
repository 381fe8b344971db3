//go:build unix

package sqlite

import (
	"syscall"
	"time"
)

// cpuTime is what the process has computed so far: a busy machine changes it less than the clock on the wall.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
