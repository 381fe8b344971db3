package main

import "testing"

func TestByteSize(t *testing.T) {
	t.Parallel()
	tests := map[string]int64{"0": 0, "17": 17, "2GB": 2e9, "500 mb": 500e6, "1TB": 1e12, "3kb": 3000, "9b": 9}
	for text, want := range tests {
		var got byteSize
		if err := got.UnmarshalText([]byte(text)); err != nil || int64(got) != want {
			t.Errorf("%q is %d, want %d, %v", text, got, want, err)
		}
	}
	for _, text := range []string{"", "GB", "-1", "1.5GB", "2GiB", "99999999999TB", "many"} {
		var got byteSize
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}
