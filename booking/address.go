package booking

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// twins maps characters that resemble those of an address, and that NFKC does not normalise, to ASCII. It removes zero-width
// joiners, which are invisible and would hide an address from this check but not from a reader.
var twins = strings.NewReplacer(
	"\u2044", "/", "\u2215", "/", "\u29f8", "/", "\u2571", "/", // fraction, division and big slash, box drawing
	"\u2236", ":", "\ua789", ":", "\u02d0", ":", "\u05c3", ":", // ratio, modifier colon, length mark, sof pasuq
	"\u3002", ".", "\u06d4", ".", "\ua4f8", ".", "\u0701", ".", // ideographic, Arabic, Lisu and Syriac full stop
	"\u200c", "", "\u200d", "",
)

var (
	// scheme matches schemes that mail programs turn into links even without slashes.
	scheme = regexp.MustCompile(`(^|[^\pL\pN])(https?|ftps?|file|mailto|tel|sms|javascript|data|whatsapp|tg|geo|blob):`)
	// dotted matches labels separated by dots, and the character after them.
	dotted     = regexp.MustCompile(`((?:[\pL\pM\pN_-]+\.)+[\pL\pM\pN_-]+)(.?)`)
	dottedQuad = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){3}$`)
)

// shortestDomain is the number of letters that a label before a top-level domain needs to count as a domain. Shorter labels are
// initials and titles written without a space: M.de Vries, Dr.med. Schmidt, J.Li.
const shortestDomain = 3

// hasAddress reports whether a mail program would turn part of the text into a link, or a reader would take it for an address:
// an @, two slashes, a scheme, "www.", an IPv4 address, or a domain under an existing top-level domain. The text is normalised
// to NFKC first, so that full-width and look-alike characters count as the ones that they resemble.
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

// isDomain distinguishes domains from initials. A path, port or query after the name makes it a domain however short it is:
// t.me/x.
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
