package booking_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// addresses are texts that a mail program turns into a link, or that a reader takes for an address.
var addresses = []string{
	"https://evil.example/refund", "HTTP://EVIL", "//evil", "see http:evil", "javascript:alert(1)", "mailto:thief", "tel:+15550100",
	"www.evil", "WWW.Evil.Com", "evil.com", "Evil.COM.", "(evil.com)", "evil.com/login", "t.me/thief", "bit.ly/3xYz", "is.gd/x",
	"spy.com", "a.b.spy.com",
	"x.co:8080", "g.co?q=1", "my-refund.co.uk", "a.evil.xyz", "evil.travel", "10.0.0.1", "xn--e1afmkfd.xn--p1ai", "пример.рф", "شركة.شبكة",
	"thief@evil.com", "thief@localhost", "@thief", "thief@",
	// The same in full width and in look-alikes.
	"ｔｈｉｅｆ＠ｅｖｉｌ．ｃｏｍ", "thief﹫evil", "evil．com", "evil。com", "evil｡com", "evil․com", "evil۔com", "ｈｔｔｐｓ：／／evil", "http:⁄⁄evil",
	"http꞉∕∕evil", "ｗｗｗ．evil", "t.me⁄thief", "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "ev\u200dil.c\u200com",
}

var names = []string{
	"O'Brien-Smith", "María José", "محمد بن سلمان", "Dr. J. R. R. Tolkien", "J.R.R. Tolkien", "St.John", "van 't Hoff", "Nguyễn", "Jr.",
	"Sammy Davis Jr.", "M.de Vries", "Dr.med. Schmidt", "J.Li", "Anna B.Sc.", "Rajan a/l Muthu", "Priya d/o Kumar", "Kaniehtí:io",
	"د.محمد علي",
	"王小明", "山田 太郎", "Søren Æbelø", "Jean-Luc d'Arc", "Ö", "Louis XIV", "John 3rd", "Wm. Wordsworth", "Mary & John", "عبد الله", "חיים",
	"Àngel·la",
	"Ana Maria (Anita)", "de la Cruz, Juan", "Http Wwwson", "Ms.Com", "A.B.C",
}

func TestAnAddressOrALinkIsNoName(t *testing.T) {
	t.Parallel()
	for _, address := range addresses {
		for _, name := range []string{address, "Layla " + address, address + " Haddad", "Cancelled, see " + address + " now"} {
			err := request(func(r *booking.Request) { r.Customer.Name = booking.PlainSpaces(name) }).Validate(now)
			require.ErrorContains(t, err, "customer.name", name)
			require.NotContains(t, err.Error(), "evil", "the value is never quoted")
			require.ErrorContains(t, request(func(r *booking.Request) { r.Flight.Passengers[0].Name = name }).Validate(now),
				"flight.passengers[0].name", name)
		}
	}
}

func TestNamesThatPeopleHave(t *testing.T) {
	t.Parallel()
	for _, name := range names {
		require.NoError(t, request(func(r *booking.Request) { r.Customer.Name, r.Flight.Passengers[0].Name = name, name }).Validate(now), name)
	}
}

// Every script's space is read as the plain one; nothing else about a name changes.
func TestSpacesOfEveryScriptArePlainOnes(t *testing.T) {
	t.Parallel()
	for _, space := range []string{"\u00a0", "\u1680", "\u2003", "\u2009", "\u202f", "\u205f", "\u3000"} {
		require.Equal(t, "山田 太郎", booking.PlainSpaces("山田"+space+"太郎"), "%q", space)
	}
	for _, kept := range []string{"Layla  Haddad", " a ", "علی\u200cرضا", "a\tb\nc", "Sea\u0301n"} {
		require.Equal(t, kept, booking.PlainSpaces(kept), "%q", kept)
	}
}

// FuzzName: a name that is taken has nothing of an address in it, in whatever characters it is written, and stays refused
// once one is put beside it.
func FuzzName(f *testing.F) {
	for _, seed := range append(append([]string{}, addresses...), names...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := booking.PlainSpaces(text)
		require.Equal(t, name, booking.PlainSpaces(name))
		valid := func(name string) error {
			return request(func(r *booking.Request) { r.Customer.Name = name }).Validate(now)
		}
		if valid(name) != nil {
			return
		}
		require.False(t, strings.ContainsFunc(name, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r != ' ' && unicode.IsSpace(r)
		}), "%q", name)
		for _, part := range []string{"@", "＠", "://", "：／／", "//", "www.", "ｗｗｗ．"} {
			require.NotContains(t, strings.ToLower(name), part)
		}
		if len(name) < 100 {
			require.Error(t, valid(name+" evil.com"), "%q", name)
			require.Error(t, valid("https://"+name), "%q", name)
		}
	})
}
