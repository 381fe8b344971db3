package trail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"rollcall/internal/org"
)

// File appends rows to a file, one line of JSON each. The file is opened anew for every batch, so that one that was moved
// away by a rotation is simply begun again. New files are for their owner only.
type File struct{ Path string }

// Name is the place of the file in the log.
func (f File) Name() string { return "file " + f.Path }

// Close does nothing: no file stays open.
func (File) Close() error { return nil }

// Send appends rows and waits until they are on the disk. A line that a crash or a full disk left without its end is
// ended first, so that it spoils no other.
func (f File) Send(_ context.Context, rows []org.ActivityRow) (int, error) {
	file, err := os.OpenFile(f.Path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open the file for activity: %w", err)
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("read the file for activity: %w", err)
	}
	var text bytes.Buffer
	if last := []byte{'\n'}; size > 0 {
		if _, err := file.ReadAt(last, size-1); err != nil {
			return 0, fmt.Errorf("read the file for activity: %w", err)
		}
		if last[0] != '\n' {
			text.WriteByte('\n')
		}
	}
	for _, r := range rows {
		text.Write(JSONLine(r))
		text.WriteByte('\n')
	}
	if _, err = file.Write(text.Bytes()); err == nil {
		err = file.Sync()
	}
	if err != nil {
		_ = file.Truncate(size) // what is there by half would come twice
		return 0, fmt.Errorf("write the file for activity: %w", err)
	}
	return len(rows), nil
}
