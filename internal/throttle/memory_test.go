package throttle_test

import (
	"testing"

	"rollcall/internal/throttle"
	"rollcall/internal/throttle/ledgertest"
)

func TestMemoryIsALedger(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) []throttle.Ledger { return []throttle.Ledger{&throttle.Memory{}} })
}
