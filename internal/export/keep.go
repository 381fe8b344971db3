package export

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Removed counts files that went. Parts of killed exports are not counted: nobody ever had them.
type Removed struct {
	Files int
	Bytes int64
}

// kept is one file in the folder of made files.
type kept struct {
	name string
	size int64
	made time.Time
}

func (k kept) part() bool { return strings.HasSuffix(k.name, ".part") }

// RemoveOld removes files from folder that were made longer ago than age, and parts of exports that are older than parts.
// It goes on after errors and returns them all.
func RemoveOld(folder string, age, parts time.Duration) (removed Removed, err error) {
	files, err := keptFiles(folder)
	for _, f := range files {
		limit := age
		if f.part() {
			limit = parts
		}
		if time.Since(f.made) > limit {
			err = errors.Join(err, removed.remove(folder, f))
		}
	}
	return removed, err
}

// MakeRoom removes the files made longest ago from folder until the rest have no more than space bytes. The file called
// spare stays even if it is larger alone; parts of exports that are being made are left alone.
func MakeRoom(folder string, space int64, spare string) (removed Removed, err error) {
	files, err := keptFiles(folder)
	files = slices.DeleteFunc(files, kept.part)
	var used int64
	for _, f := range files {
		used += f.size
	}
	slices.SortFunc(files, func(a, b kept) int { return cmp.Or(a.made.Compare(b.made), cmp.Compare(a.name, b.name)) })
	for _, f := range files {
		if used <= space {
			break
		}
		if f.name == spare {
			continue
		}
		if gone := removed.remove(folder, f); gone != nil {
			err = errors.Join(err, gone)
			continue
		}
		used -= f.size
	}
	return removed, err
}

// keptFiles lists the plain files of the folder; those that vanish meanwhile are left out.
func keptFiles(folder string) ([]kept, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []kept
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, kept{entry.Name(), info.Size(), info.ModTime()})
		}
	}
	return files, err
}

func (r *Removed) remove(folder string, f kept) error {
	if err := os.Remove(filepath.Join(folder, f.name)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if !f.part() {
		r.Files++
		r.Bytes += f.size
	}
	return nil
}
