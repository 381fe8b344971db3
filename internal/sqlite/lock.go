package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// LockMode tells how a process holds the data folder.
type LockMode uint8

// Serve and sync share the folder; migrating and restoring take it alone.
const (
	Shared LockMode = iota
	Exclusive
)

// lockPatience is how long a lock is waited for: a migration of another process takes a moment.
var lockPatience = 3 * time.Second

// FolderLock is a held lock on a data folder. The operating system gives it back when the process dies.
type FolderLock struct {
	folder string
	file   *os.File
	entry  string // this holder's line in the list of holders
}

// errHeld is what the operating system's part answers when others hold the lock.
var errHeld = errors.New("the lock is held")

// LockFolder takes the lock of a data folder, waiting a moment for others. It returns a KindBusy error that names the
// holder when they do not let go. command is what others are told, for example "dashboard restore".
func LockFolder(ctx context.Context, folder string, mode LockMode, command string) (*FolderLock, error) {
	file, err := os.OpenFile(filepath.Join(folder, "rollcall.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, folderFailure(folder, err)
	}
	l := &FolderLock{folder: folder, file: file}
	if err := l.Change(ctx, mode, command); err != nil {
		file.Close()
		return nil, err
	}
	return l, nil
}

// Change turns a shared lock into an exclusive one or back. After an error the lock is no longer held.
func (l *FolderLock) Change(ctx context.Context, mode LockMode, command string) error {
	for deadline := time.Now().Add(lockPatience); ; {
		err := tryLock(l.file, mode)
		if err == nil {
			l.announce(command)
			return nil
		}
		if !errors.Is(err, errHeld) {
			return folderFailure(l.folder, err)
		}
		if time.Now().After(deadline) {
			return l.held(mode)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *FolderLock) held(mode LockMode) error {
	wish := "The data folder %s is in use by %s, which needs it alone. Wait until it has finished."
	if mode == Exclusive {
		wish = "The data folder %s is in use by %s. Stop it first; this step needs the folder alone."
	}
	var others []string
	for _, line := range l.holders() {
		if line != l.entry {
			others = append(others, line)
		}
	}
	if len(others) == 0 {
		others = []string{"another process"}
	}
	return org.Problem(org.KindBusy, fmt.Sprintf(wish, l.folder, strings.Join(others, " and ")), nil)
}

// announce writes this holder into the list that others are told about. The list only serves messages: a full disk is
// no reason to keep people from reading what is there.
func (l *FolderLock) announce(command string) {
	if command == "" {
		command = filepath.Base(os.Args[0])
	}
	lines := l.holders()
	if l.entry == "" {
		l.entry = fmt.Sprintf("%s (process %d)", command, os.Getpid())
		lines = append(lines, l.entry)
	}
	_ = l.list(lines)
}

// Release gives the lock back. A nil or released lock is no error.
func (l *FolderLock) Release() {
	if l == nil || l.file == nil {
		return
	}
	lines := l.holders()
	for i, line := range lines {
		if line == l.entry {
			lines = append(lines[:i], lines[i+1:]...)
			break
		}
	}
	l.list(lines) // only for messages: an error here harms nobody
	l.file.Close()
	l.file = nil
}

// holders are the lines of living processes.
func (l *FolderLock) holders() []string {
	text, err := os.ReadFile(l.file.Name() + ".holders")
	if err != nil {
		return nil
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		_, rest, _ := strings.Cut(line, "(process ")
		if pid, err := strconv.Atoi(strings.TrimSuffix(rest, ")")); err == nil && alive(pid) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (l *FolderLock) list(lines []string) error {
	return os.WriteFile(l.file.Name()+".holders", []byte(strings.Join(lines, "\n")), 0o600)
}
