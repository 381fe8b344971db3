package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// One-time codes as authenticator apps make them (RFC 6238): HMAC-SHA-1 over steps of 30 seconds, six digits.
const (
	totpStep   = 30 // seconds
	totpDigits = 6
	totpSize   = 20 // bytes of the secret (RFC 4226 asks for 160 bits)
	totpDrift  = 1  // steps that a clock may be off, in both directions
)

var base32NoPad = base32.StdEncoding.WithPadding(base32.NoPadding)

// newTOTPSecret is a random secret in the form that people type into their app.
func newTOTPSecret() string {
	secret := make([]byte, totpSize)
	rand.Read(secret)
	return base32NoPad.EncodeToString(secret)
}

// totpCode is the code of one step.
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	number := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, number%1_000_000)
}

// matchTOTP finds the step whose code was typed, of the present one and its neighbours, 0 when it is none of them. It
// compares all, in constant time.
func matchTOTP(secret, typed string, now time.Time) (step int64, err error) {
	key, err := base32NoPad.DecodeString(secret)
	if err != nil || len(key) < totpSize {
		return 0, fmt.Errorf("the stored second factor has an unknown form")
	}
	code := plainDigits(typed)
	present := now.Unix() / totpStep
	for at := present - totpDrift; at <= present+totpDrift; at++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(key, at)), []byte(code)) == 1 {
			step = at
		}
	}
	return step, nil
}

// plainDigits drops the blanks that apps show in the middle of a code. What is too long to be one becomes empty.
func plainDigits(typed string) string {
	if len(typed) > 32 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, typed)
}

// Enrollment is what a member needs once to set an authenticator app up. It is shown and not kept anywhere else.
type Enrollment struct {
	Secret string // to type into the app
	URI    string // the same for apps that take an address
}

// Groups is the secret in groups of four, which are easier to type.
func (e Enrollment) Groups() string {
	var b strings.Builder
	for i := 0; i < len(e.Secret); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(e.Secret[i:min(i+4, len(e.Secret))])
	}
	return b.String()
}

func newEnrollment(secret, email string) Enrollment {
	label := url.PathEscape("Rollcall:" + email)
	return Enrollment{Secret: secret, URI: "otpauth://totp/" + label + "?algorithm=SHA1&digits=6&issuer=Rollcall&period=30&secret=" + secret}
}

// recoveryCodes is how many codes a member gets at once.
const recoveryCodes = 10

// newRecoveryCodes are codes of 120 random bits, which need no slow hash, and their hashes.
func newRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		text := rand.Text()[:24]
		code := text[:6] + "-" + text[6:12] + "-" + text[12:18] + "-" + text[18:]
		codes, hashes = append(codes, code), append(hashes, recoveryHash(code))
	}
	return codes, hashes
}

// isRecovery tells whether what was typed has the length of a recovery code.
func isRecovery(typed string) bool { return len(typed) <= 64 && len(plainCode(typed)) == 24 }

func recoveryHash(code string) []byte { return DeviceHash("recovery " + plainCode(code)) }
