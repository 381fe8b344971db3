package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
)

// Answers are long, and mostly lists of permissions. They are checked to be JSON once, when they arrive; the scanner
// below then takes them apart without checking again, and gives encoding/json nothing but odd small pieces.

// errShape says that a value is not of the kind that its type needs.
var errShape = errors.New("value of another kind than the schema says")

// scanner walks over JSON that is known to be valid.
type scanner struct {
	data []byte
	at   int
}

// peek is the first byte of the next value or sign; 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.data); s.at++ {
		if c := s.data[s.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// ends are what numbers and words end before.
var ends = []byte(" \n\t\r,]}")

// value gives the text of the next value and moves behind it.
func (s *scanner) value() []byte {
	c, from := s.peek(), s.at
	switch c {
	case '"':
		s.text()
	case '{', '[':
		s.nested()
	default:
		for s.at < len(s.data) && bytes.IndexByte(ends, s.data[s.at]) < 0 {
			s.at++
		}
	}
	return s.data[from:s.at]
}

// text moves behind a string.
func (s *scanner) text() {
	for s.at++; s.at < len(s.data); s.at++ {
		n := bytes.IndexByte(s.data[s.at:], '"')
		if n < 0 {
			s.at = len(s.data)
			return
		}
		slashes := 0
		for s.at += n; s.data[s.at-1-slashes] == '\\'; {
			slashes++
		}
		if slashes%2 == 0 {
			s.at++
			return
		}
	}
}

// nested moves behind an object or a list.
func (s *scanner) nested() {
	for depth := 0; s.at < len(s.data); {
		switch s.data[s.at] {
		case '"':
			s.text()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if s.at++; depth == 0 {
			return
		}
	}
}

// each calls take at every value of an object, with its name as it is written, or of a list. Take moves behind it.
func (s *scanner) each(take func(name []byte) error) error {
	object := s.peek() == '{'
	s.at++
	for {
		switch s.peek() {
		case '}', ']', 0:
			s.at++
			return nil
		case ',':
			s.at++
			continue
		}
		var name []byte
		if object {
			name = s.value()
			s.peek()
			s.at++ // the colon
		}
		if err := take(name); err != nil {
			return err
		}
	}
}

// members are the values of an object by their names; nil for anything else. The JSON must be valid.
func members(data []byte) map[string]json.RawMessage {
	s := scanner{data: data}
	if s.peek() != '{' {
		return nil
	}
	all := map[string]json.RawMessage{}
	_ = s.each(func(name []byte) error {
		all[unquote(name)] = s.value()
		return nil
	})
	return all
}

// decode fills a generated type, or a scalar of this package, as json.Unmarshal would. The JSON must be valid; only
// the first value of another kind than expected is an error, and ends it.
func decode(data []byte, into any) error {
	if len(data) == 0 {
		return errShape
	}
	s := scanner{data: data}
	return s.decode(reflect.ValueOf(into).Elem())
}

func (s *scanner) decode(v reflect.Value) error {
	if scalar, ok := v.Addr().Interface().(json.Unmarshaler); ok {
		return scalar.UnmarshalJSON(s.value())
	}
	c := s.peek()
	switch kind := v.Kind(); {
	case c == 'n':
		s.value()
		if kind == reflect.Pointer || kind == reflect.Slice {
			v.SetZero()
		}
		return nil
	case kind == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return s.decode(v.Elem())
	case kind == reflect.Slice && c == '[':
		return s.list(v)
	case kind == reflect.Struct && c == '{':
		return s.object(v)
	}
	return errShape
}

func (s *scanner) list(v reflect.Value) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 10))
	return s.each(func([]byte) error {
		n := v.Len()
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		v.Index(n).SetZero()
		return s.decode(v.Index(n))
	})
}

// object fills the fields that the type has; fields mostly come in its order.
func (s *scanner) object(v reflect.Value) error {
	names, next := fieldNames(v.Type()), 0
	return s.each(func(name []byte) error {
		for i := range names {
			if at := (next + i) % len(names); string(name) == names[at] {
				next = at + 1
				return s.decode(v.Field(at))
			}
		}
		s.value()
		return nil
	})
}

// fieldsOf remembers the names of the fields of types, in quotes as they stand in JSON.
var fieldsOf sync.Map

func fieldNames(t reflect.Type) []string {
	if known, found := fieldsOf.Load(t); found {
		return known.([]string)
	}
	names := make([]string, t.NumField())
	for i := range names {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[i] = `"` + name + `"`
	}
	fieldsOf.Store(t, names)
	return names
}
