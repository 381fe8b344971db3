package stores

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// line is a piece of a text with the number of the line on which an editor shows it.
type line struct {
	number int
	text   string
}

// plainText takes a text apart. Line ends of every system and each run of other non-printing characters are breaks; only
// the former count lines.
func plainText(data []byte) ([]line, error) {
	text := decodeText(data)
	if strings.TrimFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) == "" {
		return nil, refuse("The text is empty. Use the .txt file that the control panel offered when the API account was made.")
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var lines []line
	for i, row := range strings.Split(text, "\n") {
		for _, piece := range strings.FieldsFunc(strings.Map(spaces, row), isBreak) {
			if strings.TrimSpace(piece) != "" {
				lines = append(lines, line{i + 1, piece})
			}
		}
	}
	return lines, nil
}

// spaces makes every blank a plain one, and takes away what has no width.
func spaces(r rune) rune {
	switch {
	case r == '\t' || unicode.Is(unicode.Zs, r):
		return ' '
	case r == '\uFEFF' || r == '\u200B' || r == '\u200C' || r == '\u200D' || r == '\u2060' || r == '\u00AD':
		return -1
	}
	return r
}

func isBreak(r rune) bool { return !unicode.IsGraphic(r) }

// decodeText knows UTF-8, Latin 1 and UTF-16, with a byte order mark or by the zeros that plain letters leave in UTF-16.
func decodeText(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return utf16Text(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return utf16Text(data[2:], binary.BigEndian)
	case zeros(data, 1) > len(data)/3:
		return utf16Text(data, binary.LittleEndian)
	case zeros(data, 0) > len(data)/3:
		return utf16Text(data, binary.BigEndian)
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if utf8.Valid(data) {
		return string(data)
	}
	text := make([]rune, len(data)) // an older Windows: each byte is a letter
	for i, b := range data {
		text[i] = rune(b)
	}
	return string(text)
}

func zeros(data []byte, from int) (n int) {
	for i := from; i < len(data); i += 2 {
		if data[i] == 0 {
			n++
		}
	}
	return n
}

func utf16Text(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}
