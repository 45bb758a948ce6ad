package test

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
	"farebook/starter/api"
	"farebook/starter/console/bookings"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
	"farebook/store"
)

// desk is somebody at the pages about bookings, which ask the API of a stack.
type desk struct {
	s       *testkit.Stack
	site    http.Handler
	cookies []*http.Cookie
}

func newDesk(s *testkit.Stack, role access.Role) *desk {
	s.T.Helper()
	person, err := s.DB.Store.SignIn(s.T.Context(), store.Person{
		Issuer: "https://issuer.example", Subject: "carol", Name: "Carol", Role: role,
	}, "c-console")
	require.NoError(s.T, err)
	site := page.NewSite(page.Config{
		API: caller.New(s.Handler()),
		Person: func(context.Context) (page.Person, bool) {
			return page.Person{
				Issuer: person.Issuer, Subject: person.Subject, Key: person.Key, Name: person.Name, Role: string(role), Scopes: role.Scopes(),
			}, true
		},
		As:    func(ctx context.Context, _ page.Person) context.Context { return api.As(ctx, person) },
		Links: page.Links{Stripe: "https://dashboard.stripe.com/test", Temporal: "https://temporal.example/namespaces/default"},
		Now:   s.DB.Store.Now, Log: slog.New(slog.DiscardHandler),
	})
	bookings.Routes(site)
	lists.Routes(site)
	return &desk{s: s, site: site}
}

// shown is an answer of the console.
type shown struct {
	status   int
	location string
	text     string // the content of the page, with entities read
}

func (d *desk) do(ask func() *http.Request) shown {
	d.s.T.Helper()
	var answer *httptest.ResponseRecorder
	_, _ = testkit.UntilInTime(func() (testkit.Answer, error) {
		request := ask()
		for _, cookie := range d.cookies {
			request.AddCookie(cookie)
		}
		answer = httptest.NewRecorder()
		d.site.ServeHTTP(answer, request)
		return testkit.Answer{Status: answer.Code}, nil
	})
	whole := html.UnescapeString(answer.Body.String())
	_, content, framed := strings.Cut(whole, "<main")
	if !framed {
		content = whole
	}
	return shown{answer.Code, answer.Header().Get("Location"), content}
}

func (d *desk) get(path string) shown {
	d.s.T.Helper()
	return d.do(func() *http.Request {
		return httptest.NewRequestWithContext(d.s.T.Context(), http.MethodGet, path, nil)
	})
}

// open reads a page, which must exist.
func (d *desk) open(path string) string {
	d.s.T.Helper()
	got := d.get(path)
	require.Equal(d.s.T, http.StatusOK, got.status, "%s: %s", path, got.text)
	return got.text
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// send posts a form as a browser does: with the hidden fields of the page that has it, which also names the page.
func (d *desk) send(from, action string, fields url.Values) shown {
	d.s.T.Helper()
	form := url.Values{}
	_, below, found := strings.Cut(d.open(from), `method="post" action="`+action+`"`)
	require.True(d.s.T, found, "%s has no form for %s", from, action)
	inside, _, _ := strings.Cut(below, "</form>")
	for _, field := range hidden.FindAllStringSubmatch(inside, -1) {
		form.Set(field[1], field[2])
	}
	for name, values := range fields {
		form[name] = values
	}
	return d.post(action, form)
}

func (d *desk) post(action string, form url.Values) shown {
	d.s.T.Helper()
	return d.do(func() *http.Request {
		request := httptest.NewRequestWithContext(d.s.T.Context(), http.MethodPost, action, strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return request
	})
}

func amounts(amount, again string) url.Values {
	return url.Values{"amount.value": {amount}, "confirm": {again}, "reason": {"requested_by_customer"}}
}

// Support finds a booking, refunds what is left of it by typing the amount twice, and sees a refund that fails at once.
func TestSupportFindsABookingAndRefundsIt(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Env: []string{"CONSOLE_REFUND_LIMITS=support:USD:100000:200000"}})
	booked := s.BookAndPay("console", nil)
	unpaid := s.Book("console-unpaid", testkit.BookingBody(nil))
	carol := newDesk(s, access.Support)
	path := "/console/bookings/" + booked.Reference

	require.Contains(t, carol.open("/console/bookings?status=confirmed"), booked.Reference)
	require.NotContains(t, carol.open("/console/bookings?status=confirmed"), unpaid.Reference)
	require.Contains(t, carol.open("/console/bookings?currency=USD&amountFrom=459.00&amountTo=459"), booked.Reference)
	require.NotContains(t, carol.open("/console/bookings?currency=USD&amountFrom=459.01"), booked.Reference)
	require.Contains(t, carol.open("/console/bookings?amountFrom=459.00"), `role="alert"`, "an amount needs its currency")
	require.Contains(t, carol.open("/console/bookings?email=layla"), "send the whole address", "the API's words beside the field")
	for q, want := range map[string]string{
		strings.ToLower(booked.Reference): path, booked.Payment.PaymentIntentID: path,
		"layla.haddad@canary-mail.example": "/console/bookings?email=layla.haddad%40canary-mail.example", "": "/console/bookings",
		"nonsense": "/console/bookings?q=nonsense",
	} {
		require.Equal(t, want, carol.get("/console/search?q="+url.QueryEscape(q)).location, q)
	}

	require.Contains(t, carol.get("/console/exports/bookings?status=confirmed").text, booked.Reference, "the export obeys the filter")
	story := carol.open(path)
	for _, text := range []string{
		"$459.00", "Why?", "asset:stripe_clearing", "payment_intent.succeeded", "https://temporal.example/namespaces/default/workflows",
		"https://dashboard.stripe.com/test/payments/" + booked.Payment.PaymentIntentID, unpaid.Reference,
	} {
		require.Contains(t, story, text)
	}
	form := path + "/refund"
	require.Contains(t, carol.open(form), `value="459.00"`, "the exact remainder")
	for _, wrong := range []url.Values{amounts("459.00", "45.90"), amounts("45,90", "45,90"), amounts("", ""), amounts("459.001", "459.001")} {
		refused := carol.send(form, form, wrong)
		require.Equal(t, http.StatusUnprocessableEntity, refused.status, "%v", wrong)
		require.Contains(t, refused.text, `aria-invalid="true"`, "%v", wrong)
	}
	refused := carol.send(form, form, amounts("459.01", "459.01"))
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	require.Contains(t, refused.text, "$459.00 that is left", "the API's refusal is shown with the form")
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))

	done := carol.send(form, form, amounts("459.00", "459"))
	require.Equal(t, http.StatusSeeOther, done.status, done.text)
	require.Equal(t, path+"?done=refund", done.location)
	refund := s.DB.Text(t, "SELECT refund_id FROM refunds")
	awaitRefund(s, refund, "succeeded")
	require.Equal(t, "/console/refunds/"+refund, carol.get("/console/search?q="+refund).location)
	require.Contains(t, carol.open("/console/refunds"), refund)
	require.NotContains(t, carol.open(path), `role="alert"`)
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'refund.create' AND actor LIKE '%Carol%'"))

	require.NoError(t, s.Stripe.FailRefund(s.Stripe.Refunds()[0].ID, "lost_or_stolen_card"))
	awaitRefund(s, refund, "failed")
	for _, page := range []string{path, "/console/refunds/" + refund} {
		text := carol.open(page)
		require.Contains(t, text, `role="alert"`, page)
		require.Contains(t, text, "the traveller has not got this money", page)
	}
	s.RequirePromises()
}

// A form that is sent twice, as by a second click, acts once.
func TestAFormThatIsSentTwiceRefundsOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Env: []string{"CONSOLE_REFUND_LIMITS=support:USD:100000:200000"}})
	booked := s.BookAndPay("console-twice", nil)
	carol := newDesk(s, access.Support)
	form := "/console/bookings/" + booked.Reference + "/refund"
	fields := amounts("10.00", "10.00")
	fields.Set("_key", "0190b5a5-6a1e-7cc3-98c4-dc0c0c07398f")
	for range 2 {
		require.Equal(t, http.StatusSeeOther, carol.post(form, fields).status)
	}
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
	awaitRefund(s, s.DB.Text(t, "SELECT refund_id FROM refunds"), "succeeded")
	s.RequirePromises()
}

// Support cancels a paid booking for the refund that the page has shown, captures an authorised payment, and sends an email again.
func TestSupportCancelsCapturesAndSendsAgain(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Env: []string{"CONSOLE_REFUND_LIMITS=support:USD:100000:200000"}})
	held := authorised(s, "console-capture")
	carol := newDesk(s, access.Support)
	path := "/console/bookings/" + held.Reference
	require.NotContains(t, carol.open(path), `href="`+path+`/refund"`, "nothing is captured that could be refunded")
	captured := carol.send(path+"/capture", path+"/capture", amounts("459.00", "459.00"))
	require.Equal(t, http.StatusSeeOther, captured.status, captured.text)
	s.AwaitStatus(held.Reference, "confirmed")
	require.Equal(t, 1, s.MailCount(held.Reference, "booking_confirmed"))

	again := carol.send(path, path+"/resend", nil)
	require.Equal(t, http.StatusSeeOther, again.status, again.text)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE resent_of IS NOT NULL AND status = 'sent' AND server_answer <> ''") == 1
	}, "the copy was never sent; logs:\n%s", s.Logs)

	require.Contains(t, carol.open(path+"/cancel"), "$459.00")
	cancelled := carol.send(path+"/cancel", path+"/cancel", nil)
	require.Equal(t, http.StatusSeeOther, cancelled.status, cancelled.text)
	s.AwaitStatus(held.Reference, "refunded")
	require.Contains(t, carol.open(path+"/cancel"), "the booking is cancelled already")
	require.NotContains(t, carol.open(path+"/cancel"), `method="post" action="`+path)
	s.AwaitQuiet()
	s.RequirePromises()
}

// A viewer reads the same story without buttons, and is refused where the form is sent all the same. In Arabic it is written from right to
// left, with references and amounts from left to right.
func TestAViewerReadsAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Env: []string{"CONSOLE_REFUND_LIMITS=support:USD:100000:200000"}})
	booked := s.BookAndPay("console-viewer", nil)
	viewer := newDesk(s, access.Viewer)
	path := "/console/bookings/" + booked.Reference
	require.NotContains(t, viewer.open(path), `href="`+path+`/refund"`)
	require.Equal(t, http.StatusForbidden, viewer.post(path+"/refund", amounts("459.00", "459.00")).status)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
	require.Equal(t, http.StatusNotFound, viewer.get("/console/bookings/FB-00000000").status)

	viewer.cookies = []*http.Cookie{{Name: "farebook-lang", Value: "ar"}}
	story := viewer.open(path)
	require.Contains(t, story, "القابل للاسترداد")
	require.Contains(t, story, `<bdi dir="ltr" class="money">$459.00</bdi>`)
}
