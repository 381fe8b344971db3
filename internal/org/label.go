package org

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of store labels.
const (
	maxLabels      = 20
	maxLabelLength = 40
)

// ParseLabels reads store labels separated by commas: blanks around them go, repeated ones count once. Errors are
// Invalid for the field labels.
func ParseLabels(text string) ([]string, error) {
	var labels []string
	for _, label := range strings.Split(text, ",") {
		label = strings.Join(strings.Fields(label), " ")
		if label == "" || slices.Contains(labels, label) {
			continue
		}
		if utf8.RuneCountInString(label) > maxLabelLength || strings.ContainsFunc(label, unicode.IsControl) || !utf8.ValidString(label) {
			return nil, Invalid("labels", "A label can have 40 characters at most.")
		}
		labels = append(labels, label)
	}
	if len(labels) > maxLabels {
		return nil, Invalid("labels", "A store can have 20 labels at most.")
	}
	slices.Sort(labels)
	return labels, nil
}
