package stores

import (
	"context"
	"sync"
	"time"
)

// slots bounds the requests on their way. One that is not answered soon moves to the slow lane, so that stores that
// hang cannot fill all slots and hold up the others; when that lane is full too, it keeps its slot.
type slots struct {
	quick, slow chan struct{}
}

// soon is how long a request may take before it counts as slow.
const soon = 2 * time.Second

func newSlots(n int) slots {
	return slots{quick: make(chan struct{}, n), slow: make(chan struct{}, 4*n)}
}

// take waits for a slot and gives the function that frees it.
func (s slots) take(ctx context.Context) (free func(), err error) {
	select {
	case s.quick <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	var mu sync.Mutex
	held, done := s.quick, false
	move := time.AfterFunc(soon, func() {
		mu.Lock()
		defer mu.Unlock()
		if done {
			return
		}
		select {
		case s.slow <- struct{}{}:
			<-s.quick
			held = s.slow
		default:
		}
	})
	return func() {
		move.Stop()
		mu.Lock()
		defer mu.Unlock()
		if !done {
			done = true
			<-held
		}
	}, nil
}
