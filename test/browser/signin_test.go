package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/openid"
)

// Somebody signs in at the provider and out again; afterwards nothing of the console is shown.
func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	s := open(t)
	x := s.as(newTab(t, s.API.URL()), "support")
	require.True(t, strings.HasPrefix(x.address(), s.API.URL()+"/console/"), x.address())
	x.follow("Sign out")
	x.await("You have signed out")
	x.open("/console/bookings")
	x.until(func() bool { return strings.Contains(x.address(), "/console/signin") }, "is not the page to sign in")
	require.NotContains(t, x.text(), "Sami Haddad")
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'console.sign-in'"))
}

// The link that `make up` prints signs in without a question, once.
func TestTheLinkSignsInOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	link := s.provider.Link(openid.People()[3], s.API.URL()+openid.BeginPath)
	x := newTab(t, s.API.URL())
	x.do("follow the link", chromedp.Navigate(link))
	x.await("Ada Okafor", "Administrator")
	y := newTab(t, s.API.URL())
	y.expect(410)
	y.do("follow it again", chromedp.Navigate(link))
	y.await("has been used")
}

// Somebody whom the provider gives no role is not signed in, and reads why.
func TestNobodySignsInWithoutARole(t *testing.T) {
	t.Parallel()
	s := openFor(t, []openid.Person{{Subject: "usr_nina", Name: "Nina Stranger", Email: "nina@farebook.example"}})
	x := newTab(t, s.API.URL())
	x.expect(403)
	x.open("/console/")
	x.toTheProvider()
	x.follow("Nina Stranger no role")
	x.await("has no role for the console") // "no role" is on the page before, too
	require.Contains(t, x.address(), "/console/signin")
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM console_people"))
}

// What the browser refuses fails a test: this one adds an image of another host and a style to a page, and sees both reported.
func TestViolationsOfThePolicyAreHeard(t *testing.T) {
	t.Parallel()
	s := open(t)
	x := newTab(t, s.API.URL())
	x.open("/console/signin")
	require.Empty(t, x.heard())
	x.do("break the policy", chromedp.Evaluate[chromedp.Void](
		`document.body.insertAdjacentHTML("beforeend", '<p style="color: red"><img src="https://elsewhere.example/x.png"></p>')`))
	for _, refused := range []string{"Applying inline style violates", "Loading the image 'https://elsewhere.example/x.png' violates"} {
		x.until(func() bool { return strings.Contains(strings.Join(x.heard(), "\n"), refused) }, "reports nothing")
	}
	x.forget()
}
