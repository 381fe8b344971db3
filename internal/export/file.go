package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"rollcall/internal/org"
)

// ManifestSuffix follows the name of a data file in the name of its manifest.
const ManifestSuffix = ".manifest.json"

// Spooled is a finished file that waits to be sent. Whoever asked for it removes it.
type Spooled struct {
	Path     string // where it lies
	Name     string // what it is called when sent
	Manifest Manifest
}

// Spool writes the file of a job into folder, so that its length, hash and rows are known before it is sent. Nothing
// is left behind on failure. A full disk is a KindStorage error.
func Spool(ctx context.Context, source Source, job Job, folder string) (Spooled, error) {
	path, m, err := spool(ctx, source, job, folder, folder)
	if err != nil {
		return Spooled{}, err
	}
	m.File = job.FileName()
	return Spooled{Path: path, Name: m.File, Manifest: m}, nil
}

// WriteFile writes the file of a job to path and its manifest beside it. Both appear whole or not at all, files that
// were there before are replaced, and nothing else is left behind. A full disk is a KindStorage error.
func WriteFile(ctx context.Context, source Source, job Job, path string) (Manifest, error) {
	for _, target := range []string{path, path + ManifestSuffix} {
		if err := replaceable(target); err != nil {
			return Manifest{}, err
		}
	}
	data, m, err := spool(ctx, source, job, filepath.Dir(path), path)
	if err != nil {
		return Manifest{}, err
	}
	defer os.Remove(data) // gone by its new name when all went well
	m.File = filepath.Base(path)
	text, err := writeTemp(filepath.Dir(path), func(f *os.File) error { _, err := f.Write(m.JSON()); return err })
	if err != nil {
		return Manifest{}, plain(err, path)
	}
	defer os.Remove(text)
	if err := os.Rename(data, path); err != nil {
		return Manifest{}, plain(err, path)
	}
	if err := os.Rename(text, path+ManifestSuffix); err != nil {
		os.Remove(path)
		return Manifest{}, plain(err, path)
	}
	return m, syncFolder(filepath.Dir(path))
}

// replaceable refuses targets that a rename would destroy or cannot replace: folders, devices, pipes.
func replaceable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return plain(err, path)
	case !info.Mode().IsRegular():
		return org.Invalid("o", fmt.Sprintf("%s is no plain file, so the export cannot replace it. Name another file.", path))
	}
	return nil
}

// spool writes into folder; target is what errors name.
func spool(ctx context.Context, source Source, job Job, folder, target string) (string, Manifest, error) {
	var m Manifest
	path, err := writeTemp(folder, func(f *os.File) (err error) {
		m, err = Write(ctx, source, job, f)
		return err
	})
	if err != nil {
		return "", Manifest{}, plain(err, target)
	}
	return path, m, nil
}

// writeTemp makes a file that is safely on the disk, or none.
func writeTemp(folder string, fill func(*os.File) error) (path string, err error) {
	f, err := os.CreateTemp(folder, ".rollcall-*.part")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = fill(f); err != nil {
		return "", err
	}
	if err = f.Sync(); err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// syncFolder makes new names survive a power cut. Some systems cannot sync a folder, which is no failure.
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// plain turns what can go wrong with a file into one sentence for people; other errors pass through.
func plain(err error, path string) error {
	var shaped *org.Error
	switch {
	case err == nil || errors.As(err, &shaped):
		return err
	case diskFull(err):
		return org.Problem(org.KindStorage, "The disk is full, so the export was stopped and its parts were removed. "+
			"Free some space and export again.", err)
	case errors.Is(err, fs.ErrNotExist):
		return org.Problem(org.KindNotFound, fmt.Sprintf("There is no folder for %s. Make it first or name another file.", path), err)
	case errors.Is(err, fs.ErrPermission):
		return org.Problem(org.KindForbidden, fmt.Sprintf("Rollcall may not write to %s. Name another file.", path), err)
	}
	return err
}
