package signin_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"rollcall/internal/signin"
)

// The guide shows the table of rights as the code has it.
func TestGuideHasTheTableOfRights(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	fmt.Fprintln(&want, "| right | viewer | auditor | operator | admin | what |\n|---|---|---|---|---|---|")
	var proof []string
	for _, right := range signin.Rights() {
		fmt.Fprintf(&want, "| %s ", right)
		for role := signin.Viewer; role <= signin.Admin; role++ {
			word := "no"
			if signin.Allowed(role, right) {
				word = "yes"
			}
			fmt.Fprintf(&want, "| %s ", word)
		}
		fmt.Fprintf(&want, "| %s |\n", right.What())
		if right.NeedsProof() {
			proof = append(proof, right.String())
		}
	}
	if !strings.Contains(string(guide), want.String()) {
		t.Errorf("docs/security.md lacks the table\n%s", want.String())
	}
	if line := "For " + strings.Join(proof[:len(proof)-1], ", ") + " and " + proof[len(proof)-1] + " the last proof"; !strings.Contains(string(guide), line) {
		t.Errorf("docs/security.md lacks %q", line)
	}
}

// A browser that somebody prepared with a device's token of their own does not become known to the victim's account.
func TestPlantedDeviceIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.add("eve@example.com", signin.Viewer)
	try := func(address, device, email string) signin.Entry {
		t.Helper()
		e, err := h.door.Enter(t.Context(), signin.Try{Address: address, Device: device, Email: email, Password: adminPassword})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	eve := try("192.0.2.66", "", "eve@example.com")
	ada := try("192.0.2.1", eve.Device, adminMail)
	if ada.Device == "" || ada.Device == eve.Device {
		t.Fatal("a planted token stays")
	}
	if again := try("192.0.2.1", ada.Device, adminMail); again.Device != "" {
		t.Error("a known device gets another token each time")
	}
	for _, device := range []struct {
		token string
		known bool
	}{{ada.Device, true}, {eve.Device, false}} {
		from, err := h.db.KnownFrom(t.Context(), h.admin.ID, "203.0.113.0", signin.DeviceHash(device.token))
		if err != nil || from.Device != device.known {
			t.Errorf("known %v, want %v, %v", from.Device, device.known, err)
		}
	}
}

// Strangers who lock the name cannot stop somebody whom the provider vouched for at the second step.
func TestCodeAfterTheProviderMeetsNoStrangersLock(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	secret, _ := h.enroll()
	for i := range 30 {
		h.enter(fmt.Sprintf("198.51.100.%d", i), adminMail, "wrong wrong wrong")
		h.pass(20 * time.Second)
	}
	code := signin.CodeTry{Address: "203.0.113.9", Member: h.admin.ID, Code: signin.CodeAt(secret, h.clock())}
	if _, err := h.door.EnterCode(t.Context(), code); err == nil {
		t.Error("the lock does not hold for passwords")
	}
	code.ByProvider = true
	if _, err := h.door.EnterCode(t.Context(), code); err != nil {
		t.Error(err)
	}
}
