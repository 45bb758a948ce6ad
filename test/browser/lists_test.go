package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A list is filtered and paged without loading the page anew; the address follows, so that it can be shared, saved and gone back to. The
// browser's storage keeps no page.
func TestListsAreReplacedInPlace(t *testing.T) {
	t.Parallel()
	s := open(t)
	for n := range 21 {
		s.Book(fmt.Sprint("listed-", n), testkit.BookingBody(nil))
	}
	x := s.as(newTab(t, s.API.URL()), "support")
	rows := func() int { return glance[int](x, `document.querySelectorAll("main tbody tr").length`) }
	x.open("/console/bookings")
	ask[bool](x, `window.unchanged = true`)
	x.replace("Next page")
	x.until(func() bool { return rows() == 1 }, "does not show the second page")
	require.Contains(t, x.address(), "after=")
	x.replace("First page")
	x.until(func() bool { return rows() == 20 }, "does not show the first page")
	x.fill("Flight", "ZZ999")
	x.replace("Apply")
	x.await("No booking")
	require.Contains(t, x.address(), "flight=ZZ999")
	require.Contains(t, ask[string](x, `document.querySelector("#preferences a[hreflang=ar]").href`), "flight=ZZ999", "the other language keeps the filter")
	require.True(t, ask[bool](x, `window.unchanged === true`), "the page was loaded anew")
	require.Zero(t, ask[int](x, `localStorage.length`))
	// The address, which the browser's history has as well.
	require.Subset(t, []string{"htmx-current-path-for-history"}, ask[[]string](x, `Object.keys(sessionStorage)`))

	ask[bool](x, `history.back() === undefined`)
	x.until(func() bool { return rows() == 20 && !strings.Contains(x.address(), "flight=") }, "does not go back")
	x.withoutScript()
	x.open("/console/bookings")
	x.follow("Next page")
	x.until(func() bool { return rows() == 1 }, "does not show the second page without script")
}

// A filter that the API refuses is answered with what is wrong, also where the list is replaced in place.
func TestAWrongFilterIsShownInPlace(t *testing.T) {
	t.Parallel()
	s := open(t)
	x := s.as(newTab(t, s.API.URL()), "support")
	x.expect(404)
	x.open("/console/attention")
	x.fill("Booking", "nonsense")
	x.press("Apply")
	x.until(func() bool { return x.count("main .problem") == 1 }, "does not say what is wrong")
}
