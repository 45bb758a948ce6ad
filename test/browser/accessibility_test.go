package browser

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/openid"
)

// faults collects what is wrong with pages, so that one run shows all of it.
type faults struct{ found []string }

func (f *faults) add(address, format string, args ...any) {
	f.found = append(f.found, address+": "+fmt.Sprintf(format, args...))
}

// wider are the elements that make the page wider than its window.
const wider = `Array.from(document.querySelectorAll("body *")).filter(e => {
	const box = e.getBoundingClientRect();
	return (box.right > innerWidth + 1 || box.left < -1) && !e.closest(".scroll, .skip, .unseen") && getComputedStyle(e).position !== "fixed";
}).slice(0, 5).map(e => e.tagName.toLowerCase() + "." + e.className + " " + e.textContent.trim().slice(0, 40))`

// fits checks that nothing is wider than the window, apart from tables, which scroll.
func (x *tab) fits(f *faults, address string) {
	x.t.Helper()
	width, window := ask[int](x, `document.scrollingElement.scrollWidth`), ask[int](x, `innerWidth`)
	if width > window {
		f.add(address, "is %d wide in a window of %d:\n  %s", width, window, strings.Join(ask[[]string](x, wider), "\n  "))
	}
}

// bare are references and amounts in an Arabic page that nothing keeps from left to right.
const bare = `(() => {
	const found = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const text = walker.currentNode, holder = text.parentElement, plain = text.data.replace(/\u2068[^\u2069]*\u2069/g, "");
		if (/FB-[A-Z0-9]{4,}|\b(pi|ch|re|du|dp|po|txn|evt|recon|ak|cl)_\w{6,}|\b[A-Z]{3} ?-?\d|\d [A-Z]{3}\b/.test(plain) &&
			!holder.closest("bdi, pre, code, [dir=ltr], option, script, style, title, textarea, iframe, noscript")) {
			found.push(text.data.trim().slice(0, 80));
		}
	}
	return found.slice(0, 5);
})()`

// untranslated are ids of texts that a page shows instead of the text.
const untranslated = `(document.body.innerText.match(/\b[a-z]+(\.[a-z_-]+)+\b/g) || []).filter(id => /^(page|problem|role|status|` +
	`bookings|overview|attention|events|emails|payouts|disputes|reconciliations|books|clients|endpoints|audit|proposals|signin)\./.test(id) && !id.endsWith(".example")).slice(0, 5)`

// roles read every page. An administrator reads almost all of them; a night has time for the pages of the others.
var roles = flag.String("roles", "admin", "the roles as which each page is read, separated by commas")

// Each page that a role can reach: axe-core finds nothing serious in English and Arabic, in light and in
// dark, nothing is wider than a phone, Arabic pages run from right to left around references and amounts that do not, and each text is
// translated.
func TestEachPageIsReadable(t *testing.T) {
	t.Parallel()
	s := play(t)
	for role := range strings.SplitSeq(*roles, ",") {
		x := s.as(newTab(t, s.API.URL()), role)
		f := &faults{}
		shapes := x.crawl(openid.ConsolePath, func(address string) { x.read(f, address) })
		t.Logf("%s reads %d pages: %s", role, len(shapes), strings.Join(shapes, " "))
		require.Empty(t, f.found, "%s:\n%s", role, strings.Join(f.found, "\n"))
	}
}

// mainPages are those that somebody opens every day.
func (s *scene) mainPages() []string {
	return []string{
		openid.ConsolePath, "/console/bookings", "/console/bookings/" + s.refunded.Reference, "/console/attention",
		"/console/attention/" + s.DB.Text(s.T, "SELECT MAX(id) FROM attention_items"), "/console/overview/clearing", "/console/disputes",
		"/console/reconciliations/" + s.plan, "/console/books/reports/balances", "/console/clients",
		"/console/webhook-endpoints", "/console/webhook-endpoints/" + s.endpoint,
	}
}

// The main pages pass the same checks as each page; an administrator reads all of them. This is the part for each commit.
func TestMainPagesAreReadable(t *testing.T) {
	t.Parallel()
	s := play(t)
	x, f := s.as(newTab(t, s.API.URL()), "admin"), &faults{}
	for _, address := range s.mainPages() {
		require.EqualValues(t, 200, x.open(address), address)
		x.read(f, address)
	}
	require.Empty(t, f.found, "%s", strings.Join(f.found, "\n"))
}

func (x *tab) read(f *faults, address string) {
	x.t.Helper()
	for language, direction := range map[string]string{"en": "ltr", "ar": "rtl"} {
		where := address + " in " + language
		x.open(address + "?lang=" + language)
		require.Equal(x.t, language, ask[string](x, `document.documentElement.lang`), address)
		require.Equal(x.t, direction, ask[string](x, `document.dir`), address)
		x.scheme("light")
		for _, v := range x.violations() {
			f.add(where, "%s", v)
		}
		x.scheme("dark")
		for _, v := range x.violations("color-contrast") {
			f.add(where+", dark", "%s", v)
		}
		if ids := ask[[]string](x, untranslated); len(ids) > 0 {
			f.add(where, "has no text for %v", ids)
		}
		loose := ask[[]string](x, bare)
		if language == "ar" && len(loose) > 0 {
			f.add(where, "does not isolate %q", loose)
		}
		x.size(phone, 800)
		x.fits(f, where+" on a phone")
		x.size(desk, 800)
		x.fits(f, where)
	}
	x.open(address + "?lang=en")
}
