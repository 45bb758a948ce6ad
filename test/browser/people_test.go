package browser

import (
	"slices"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/openid"
)

// as signs in at the provider, as the one of the four with this role, by choosing the person there.
func (s *scene) as(x *tab, role string) *tab {
	x.t.Helper()
	people := openid.People()
	at := slices.IndexFunc(people, func(p openid.Person) bool { return p.Role == role })
	require.GreaterOrEqual(x.t, at, 0, role)
	x.open(openid.ConsolePath)
	x.toTheProvider()
	x.follow(people[at].Name + " " + role)
	x.until(func() bool { // the provider's page has the name as well
		return strings.HasPrefix(x.address(), x.site+openid.ConsolePath) && strings.Contains(x.text(), people[at].Name)
	}, "%s is not signed in", people[at].Name)
	return x
}

// toTheProvider begins to sign in: from the console's page to the one on which people choose who they are.
func (x *tab) toTheProvider() {
	x.t.Helper()
	x.load("begin to sign in", chromedp.Click(chromedp.CSS("main a.button")))
	x.await("Choose who signs in")
}
