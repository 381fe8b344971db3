package signin

import "time"

// CodeAt is the code that an authenticator app shows.
func CodeAt(secret string, at time.Time) string {
	key, err := base32NoPad.DecodeString(secret)
	if err != nil {
		panic(err)
	}
	return totpCode(key, at.Unix()/totpStep)
}

// Crowd fills the queue of those who wait to hash, until leave is called.
func (h *Hasher) Crowd() (leave func()) {
	for range cap(h.queue) {
		h.queue <- struct{}{}
	}
	return func() {
		for range cap(h.queue) {
			<-h.queue
		}
	}
}
