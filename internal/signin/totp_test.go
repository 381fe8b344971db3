package signin

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The SHA-1 vectors of RFC 6238, appendix B, cut to six digits.
func TestCodesOfTheStandard(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totpCode(secret, seconds/totpStep); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
		step, err := matchTOTP(base32NoPad.EncodeToString(secret), " "+want[:3]+" "+want[3:], time.Unix(seconds, 0))
		if err != nil || step != seconds/totpStep {
			t.Errorf("at %d: step %d, %v", seconds, step, err)
		}
	}
}

func TestCodesOfNeighboursOnly(t *testing.T) {
	t.Parallel()
	secret := newTOTPSecret()
	key, _ := base32NoPad.DecodeString(secret)
	now := time.Unix(1_800_000_000, 0)
	present := now.Unix() / totpStep
	for off := int64(-3); off <= 3; off++ {
		code := totpCode(key, present+off)
		step, err := matchTOTP(secret, code, now)
		if near := off >= -1 && off <= 1; err != nil || (step == present+off) != near {
			t.Errorf("%d steps off: step %d, %v", off, step, err)
		}
	}
	for _, rubbish := range []string{"", "0", "00000", "abcdef", strings.Repeat("1", 1000), "١٢٣٤٥٦"} {
		if step, _ := matchTOTP(secret, rubbish, now); step != 0 {
			t.Errorf("%q is taken", rubbish)
		}
	}
	if _, err := matchTOTP("AAAA", "123456", now); err == nil {
		t.Error("a short secret is used")
	}
}

func TestEnrollmentCanBeReadByApps(t *testing.T) {
	t.Parallel()
	secret := newTOTPSecret()
	e := newEnrollment(secret, "ada+x@example.com")
	if want := "otpauth://totp/Rollcall:ada+x@example.com?algorithm=SHA1&digits=6&issuer=Rollcall&period=30&secret=" + secret; e.URI != want {
		t.Errorf("%s, want %s", e.URI, want)
	}
	if len(secret) != 32 || strings.ReplaceAll(e.Groups(), " ", "") != secret || strings.Count(e.Groups(), " ") != 7 {
		t.Errorf("%q", e.Groups())
	}
}

func TestRecoveryCodesDiffer(t *testing.T) {
	t.Parallel()
	codes, hashes := newRecoveryCodes()
	if len(codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 || len(hashes) != 10 {
		t.Fatal(codes)
	}
	for i, code := range codes {
		if !isRecovery(" "+strings.ToLower(code)+" ") || isRecovery(code[:20]) || isRecovery("123456") {
			t.Errorf("%q", code)
		}
		if string(recoveryHash(strings.ReplaceAll(strings.ToLower(code), "-", " "))) != string(hashes[i]) {
			t.Errorf("%q typed otherwise has another hash", code)
		}
	}
}

func TestCommonPasswords(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{
		"password1234": true, "Password2024!": true, "P@ssw0rd1234": true, "passwordpassword": true, "qwertyuiop123": true, "1qaz2wsx3edc4rfv": true,
		"123456789012": true, "abcdefghijkl": true, "qwerty123456": true, "iloveyou1234": true, "Welcome2026!!": true, "adminadmin123": true,
		"rollcall2026!": true, "BigCommerce123": true, "letmeinletmein": true, "Summer2026!!!": true, "111111222222": true, "dragonmonkey12": true,
		"ada.byron1234": true, "exampleadmin1": true, "ｐａｓｓｗｏｒｄ１２３４": true, "PassWord 12345": true, "abcabcabcabc": true,
		"correct horse battery": false, "839204718263": false, "violet teapot march": false, "kT9#vQ2pLx7m": false,
		"summer winter march dragon": false, "wir fahren nach lodz": false, "日本語のパスワードです長い": false, "another long password 42": false,
	} {
		err := CheckPassword(text, "ada.byron@example.com")
		if (err != nil) != refused {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestOverlongPasswordsAreRefusedQuickly(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("x y", 400_000), strings.Repeat("ﷺ", 256), strings.Repeat("a\u0301\u0301", 300)} {
		began := time.Now()
		if err := CheckPassword(text, "ada@example.com"); err == nil {
			t.Errorf("%d bytes are taken", len(text))
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	}
}

func TestLookAlikeAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"ada@example.com": true, "иван@пример.рф": true, "müller@example.com": true, "o'neil@example.com": true,
		"аda@example.com": false, "ada@exаmple.com": false, "ada@ｅxample.com": false, "ada\u200b@example.com": false, "ada\u202e@example.com": false,
		"ada@example.com\r\nBcc: x@example.com": false, "αda@example.com": false, "ﬁona@example.com": false, "<ada@example.com>": false, "ada@example.com\x00": false,
	} {
		if _, err := NewMember("Ada", address, Viewer); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, name := range []string{"A\u202eda", "A\nda", "\xff", strings.Repeat("x", 201)} {
		if _, err := NewMember(name, "ada@example.com", Viewer); err == nil {
			t.Errorf("name %q is taken", name)
		}
	}
}

func TestSessionFacts(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0).UTC()
	f := Facts{7, "192.0.2.1", AgentWords("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), now, "password"}
	values := f.Values()
	if got := ReadFacts(func(name string) string { return values[name] }); got != f || got.Agent != "Firefox on Linux" {
		t.Errorf("%+v", got)
	}
	for age, want := range map[time.Duration]bool{0: true, 5 * time.Minute: true, 5*time.Minute + time.Second: false, -time.Hour: false} {
		if f.Proved(now.Add(age)) != want {
			t.Errorf("a proof %v old", age)
		}
	}
	if (Facts{}).Proved(now) {
		t.Error("no proof is one")
	}
	name, text := PendingValue(7, Code, now)
	get := func(n string) string { return map[string]string{name: text}[n] }
	if id, next, ok := Pending(get, now.Add(time.Minute)); !ok || id != 7 || next != Code {
		t.Error("pending is not read")
	}
	if _, _, ok := Pending(get, now.Add(11*time.Minute)); ok {
		t.Error("an old first step counts")
	}
	if ReadFacts(get).Member != 0 {
		t.Error("who passed the first step only is a member")
	}
	if HandleOfToken("a") == HandleOfToken("b") || strings.Contains(HandleOfToken("a"), "a-token") {
		t.Error("handles")
	}
}

func TestRightsGrowWithRoles(t *testing.T) {
	t.Parallel()
	for _, right := range Rights() {
		if right.String() == "" || right.What() == "" || Allowed(NoRole, right) || !Allowed(Admin, right) {
			t.Errorf("right %d", right)
		}
		for role := Viewer; role < Admin; role++ {
			if Allowed(role, right) && !Allowed(role+1, right) {
				t.Errorf("%v may %v, %v may not", role, right, role+1)
			}
		}
	}
	if Allowed(Admin+1, Look) || Allowed(Admin, Right(len(rights))) {
		t.Error("what is not in the table is allowed")
	}
	for _, right := range []Right{Operate, Configure, Act, Decide, People, Accounts, Tokens, Settings} {
		if Allowed(Auditor, right) {
			t.Errorf("auditors may %v", right)
		}
	}
	limited := Member{Role: Admin, Reach: Reach{Limited: true, Accounts: nil}}
	limited.Reach.Accounts = append(limited.Reach.Accounts, 2)
	if limited.May(Configure, 1) || !limited.May(Configure, 2) || limited.May(People, 0) || !limited.May(Look, 0) {
		t.Error("a limit does not limit")
	}
}

func FuzzDecodePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=8,t=1,p=1,$$")
	f.Fuzz(func(t *testing.T, text string) {
		c, salt, hash, err := decodePHC(text)
		if err == nil && (encodePHC(c, salt, hash) != text && !strings.Contains(text, "\n") || c.Memory > 1<<20 || c.Time > 64) {
			t.Errorf("%q is read as %v", text, c)
		}
	})
}

func FuzzTyped(f *testing.F) {
	for _, seed := range []string{"123456", "ABCDEF-GHIJKL-MNOPQR-STUVWX", "ada@example.com", "7 1 1800000000", "a b c 1 true", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if step, err := matchTOTP("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", text, time.Unix(1_800_000_000, 0)); err != nil || step != 0 && len(plainDigits(text)) != 6 {
			t.Errorf("%q: %d, %v", text, step, err)
		}
		if isRecovery(text) && len(text) > 64 {
			t.Errorf("%q", text)
		}
		if fold := typedEmail(text); len(fold) > 400 {
			t.Errorf("%q", fold)
		}
		Pending(func(string) string { return text }, time.Unix(1_800_000_000, 0))
		ReadFlow(text)
		ReadFacts(func(string) string { return text })
		AgentWords(text)
		_ = CheckPassword(text, text)
	})
}

func FuzzGroupRules(f *testing.F) {
	f.Add("Admins=admin; Shop team=operator:01234567-89ab-cdef-0123-456789abcdef")
	f.Add("=;=:,")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ParseGroupRules(text)
		for _, r := range rules {
			if err == nil && (r.Group == "" && strings.TrimSpace(text) != "" || r.Role < Viewer || r.Role > Admin) {
				t.Errorf("%q: %+v", text, r)
			}
		}
	})
}

func FuzzProviderTexts(f *testing.F) {
	f.Add("e30.e30.e30", []byte(`{"aud":["a"],"exp":1,"email_verified":"true","groups":"x"}`))
	f.Add("eyJhbGciOiJub25lIn0.e30.", []byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`))
	f.Fuzz(func(t *testing.T, token string, body []byte) {
		if parsed, err := parseToken(token); err == nil && !slices.Contains(believedAlgs, parsed.alg) {
			t.Errorf("algorithm %q", parsed.alg)
		}
		if c, err := readClaims(body, "groups"); err == nil {
			_ = c.check("https://issuer.example", "client", "nonce", time.Unix(1_800_000_000, 0))
		}
		_, _ = parseKeys(body)
		_, _ = parseMetadata(body, "https://issuer.example")
	})
}
