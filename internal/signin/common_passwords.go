package signin

import (
	"slices"
	"strings"
	"unicode"

	"rollcall/internal/org"
)

// What everybody tries first is made of few parts: a word or two of a short list, runs of neighbouring keys, a year,
// some digits and signs. A password is common when such parts alone make it up and cost no more than commonCost, so
// the words below stand for many thousands of passwords.
const (
	costWord   = 4  // a word of the list
	costAgain  = 1  // the same word again
	costRun    = 2  // three or more neighbours on a keyboard row, in the alphabet, in counting, or of the same sign
	costYear   = 1  // 1900 to 2099
	costSign   = 1  // any digit, sign or blank
	commonCost = 11 // twelve free digits are above it
)

// commonWords are lower case, of four letters or more; the product's and its surroundings' words are among them.
var commonWords = strings.Fields(`
password passwort passw pass word passwd passphrase secret secure security private login logon signin access
admin administrator root superuser user username guest test testing tester demo sample example default temp temporary
welcome willkommen hello hallo letmein changeme changeit change please open sesame enter nopassword mypassword
rollcall roll call bigcommerce commerce dashboard store stores shop shopping account accounts audit auditor viewer operator
company office work computer internet server system network windows linux apple google facebook twitter instagram youtube
linkedin amazon microsoft samsung android iphone nokia yahoo hotmail gmail email mail website master manager owner
iloveyou love lover loveyou loveme ilove forever always babygirl baby angel princess prince sunshine flower butterfly
rainbow chocolate cookie cheese banana orange peanut pepper ginger coffee summer winter spring autumn monday tuesday
wednesday thursday friday saturday sunday january february march april june july august september october november
december dragon monkey tiger lion eagle shadow wolf bear panther falcon phoenix dolphin puppy kitty
football baseball basketball soccer hockey tennis golf yankees cowboys lakers rangers steelers chelsea arsenal liverpool
barcelona juventus realmadrid manchester united
michael jennifer jordan thomas daniel robert william charlie andrew joshua matthew anthony ashley jessica amanda nicole
michelle hannah samantha george maggie harley justin brandon tyler taylor jackson buster hunter cooper peter martin
alexander christian elizabeth victoria sophie emma oliver lucas maria anna david james john richard joseph
batman superman spiderman starwars pokemon naruto matrix trustno mustang ferrari porsche corvette mercedes camaro
killer hacker ninja warrior soldier knight wizard merlin gandalf diamond silver golden money dollar million
freedom whatever nothing something anything everything blessed jesus christ heaven church bible faith grace
family mother father sister brother friend friends school college student teacher music guitar metallica nirvana
america american england london paris berlin germany france canada texas dallas houston chicago boston newyork
access control zaq1 qwer asdf zxcv abcd qazwsx wsxedc passwd letme whoami nobody somebody`)

// leet are signs that people write for letters.
var leet = map[rune]string{
	'0': "o", '1': "il", '2': "z", '3': "e", '4': "a", '5': "s", '6': "g", '7': "t", '8': "b", '9': "g",
	'@': "a", '$': "s", '!': "il", '|': "il", '+': "t", '(': "c", '€': "e",
}

// rows are what lies side by side on keyboards, in the alphabet and in counting.
var rows = []string{
	"`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiopü", "yxcvbnm", "azertyuiop", "qsdfghjklm",
	"abcdefghijklmnopqrstuvwxyz", "01234567890", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "!@#$%^&*()_+", "qazwsxedcrfvtgbyhnujmikolp",
}

// common tells whether the password is made up of what others try first. Words of the e-mail address count as well.
func common(password, email string) bool {
	text := []rune(strings.ToLower(password))
	words := slices.Concat(commonWords, emailWords(email))
	const never = 1 << 20
	cost := make([]int, len(text)+1)
	last := make([]string, len(text)+1) // the word that the cheapest way ended with, over signs
	for i := range text {
		cost[i+1] = never
	}
	for i := range text {
		reach := func(n, more int, word string) {
			if c := cost[i] + more; c < cost[i+n] {
				cost[i+n], last[i+n] = c, word
			}
		}
		if !unicode.IsLetter(text[i]) {
			reach(1, costSign, last[i])
		}
		for n := 3; n <= runAt(text[i:]); n++ {
			reach(n, costRun, last[i])
		}
		if yearAt(text, i) {
			reach(4, costYear, last[i])
		}
		for _, word := range words {
			if n := wordAt(text[i:], word); n > 0 && word == last[i] {
				reach(n, costAgain, word)
			} else if n > 0 {
				reach(n, costWord, word)
			}
		}
	}
	return cost[len(text)] <= commonCost
}

// emailWords are the words of an e-mail address that are long enough to mean it.
func emailWords(email string) []string {
	parts := strings.FieldsFunc(org.FoldEmail(email), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.DeleteFunc(parts, func(word string) bool { return len(word) < 3 || len(word) > 64 })
}

// wordAt is how many characters at the start of text spell the word, signs for letters included; 0 when they do not.
func wordAt(text []rune, word string) int {
	letters := []rune(word)
	if len(letters) > len(text) {
		return 0
	}
	for i, letter := range letters {
		if text[i] != letter && !strings.ContainsRune(leet[text[i]], letter) {
			return 0
		}
	}
	return len(letters)
}

// yearAt tells whether a year stands at i, by itself: in a longer number it is nothing special.
func yearAt(text []rune, i int) bool {
	digit := func(at int) bool { return at >= 0 && at < len(text) && unicode.IsDigit(text[at]) }
	if !digit(i) || !digit(i+1) || !digit(i+2) || !digit(i+3) || digit(i-1) || digit(i+4) {
		return false
	}
	century := string(text[i : i+2])
	return century == "19" || century == "20"
}

// runAt is how long the run of neighbours or of one sign at the start of text is.
func runAt(text []rune) int {
	longest := 1
	for longest < len(text) && text[longest] == text[0] {
		longest++
	}
	for _, row := range rows {
		longest = max(longest, alongRow(text, []rune(row), 1), alongRow(text, []rune(row), -1))
	}
	return longest
}

func alongRow(text, row []rune, step int) int {
	at := slices.Index(row, text[0])
	n := 0
	for at >= 0 && at < len(row) && n < len(text) && row[at] == text[n] {
		n, at = n+1, at+step
	}
	return n
}
