package sandbox

// said is a message of the API as it is sent, with its capital letter.
type said string

// Error implements error.
func (s said) Error() string { return string(s) }
