package main

import (
	"errors"
	"strconv"
	"strings"
)

// byteSize is a number of bytes as people write it: 500MB, 2GB or a plain number.
type byteSize int64

var sizeUnits = []struct {
	word  string
	bytes int64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}, {"", 1}}

// UnmarshalText reads a size; units are thousands, in upper or lower case.
func (s *byteSize) UnmarshalText(text []byte) error {
	written := strings.ToUpper(strings.TrimSpace(string(text)))
	for _, unit := range sizeUnits {
		number, found := strings.CutSuffix(written, unit.word)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n < 0 || n > (1<<62)/unit.bytes {
			break
		}
		*s = byteSize(n * unit.bytes)
		return nil
	}
	return errors.New("a size looks like 500MB or 2GB; 0 is no limit")
}
