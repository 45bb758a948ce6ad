package booking

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// twins are characters that are drawn like those of an address and that NFKC leaves as they are, and the joiners, which
// draw nothing and would hide an address from this check but not from its reader.
var twins = strings.NewReplacer(
	"\u2044", "/", "\u2215", "/", "\u29f8", "/", "\u2571", "/", // fraction, division and big slash, box drawing
	"\u2236", ":", "\ua789", ":", "\u02d0", ":", "\u05c3", ":", // ratio, modifier colon, length mark, sof pasuq
	"\u3002", ".", "\u06d4", ".", "\ua4f8", ".", "\u0701", ".", // ideographic, Arabic, Lisu and Syriac full stop
	"\u200c", "", "\u200d", "",
)

var (
	// scheme is one that mail programs make a link of without slashes.
	scheme = regexp.MustCompile(`(^|[^\pL\pN])(https?|ftps?|file|mailto|tel|sms|javascript|data|whatsapp|tg|geo|blob):`)
	// dotted is labels with dots between, and the character behind.
	dotted     = regexp.MustCompile(`((?:[\pL\pM\pN_-]+\.)+[\pL\pM\pN_-]+)(.?)`)
	dottedQuad = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){3}$`)
)

// shortestDomain, in letters, is what a label in front of a top-level domain needs to be taken for a domain. Shorter ones
// are initials and titles that were written without a space: M.de Vries, Dr.med. Schmidt, J.Li.
const shortestDomain = 3

// hasAddress finds what a mail program would turn into a link, or a reader into an address: an @, two slashes, a scheme,
// "www.", an IPv4 address, or a domain under a top-level domain that exists. The text is read in its compatibility form,
// so that full-width and look-alike characters count as those that they are drawn like.
func hasAddress(text string) bool {
	folded := strings.ToLower(twins.Replace(norm.NFKC.String(text)))
	if strings.ContainsRune(folded, '@') || strings.Contains(folded, "//") || strings.Contains(folded, "www.") || scheme.MatchString(folded) {
		return true
	}
	for _, found := range dotted.FindAllStringSubmatch(folded, -1) {
		if isDomain(found[1], found[2]) {
			return true
		}
	}
	return false
}

// isDomain tells domains from initials. A path, a port or a query behind it decides for a domain however short it is: t.me/x.
func isDomain(name, next string) bool {
	if dottedQuad.MatchString(name) {
		return true
	}
	last := strings.LastIndexByte(name, '.')
	ascii, err := idna.ToASCII(name[last+1:])
	if err != nil {
		return false
	}
	if _, known := publicsuffix.PublicSuffix("x." + ascii); !known {
		return false
	}
	if next != "" && strings.Contains("/:?#", next) {
		return true
	}
	for label := range strings.SplitSeq(name[:last], ".") {
		if utf8.RuneCountInString(label) >= shortestDomain {
			return true
		}
	}
	return false
}
