package test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
	"farebook/internal/logging"
	"farebook/starter/api"
	"farebook/starter/command"
	"farebook/store"
)

// counter is the API of a stack as people of the console ask it: in the process, without a key.
type counter struct {
	*testkit.Stack
	handler http.Handler
}

func counterOf(s *testkit.Stack) counter {
	s.T.Helper()
	handler, end, err := command.NewAPI(s.T.Context(), s.Config, s.DB.Clock, logging.New(s.Logs, "counter", s.Config.LogLevel))
	require.NoError(s.T, err)
	s.T.Cleanup(end)
	return counter{s, handler}
}

// person is somebody at the counter.
type person struct {
	counter
	store.Person
}

func (d counter) signedIn(name string, role access.Role) person {
	d.T.Helper()
	who, err := d.DB.Store.SignIn(d.T.Context(), store.Person{Issuer: "https://desk.example", Subject: name, Name: name, Role: role}, "desk-1")
	require.NoError(d.T, err)
	return person{d, who}
}

// do sends a request as the person. The key is left out where it is empty.
func (p person) do(method, path, key, body string) testkit.Answer {
	p.T.Helper()
	answer, _ := testkit.UntilInTime(func() (testkit.Answer, error) {
		request := httptest.NewRequestWithContext(api.As(p.T.Context(), p.Person), method, path, bytes.NewReader([]byte(body)))
		if body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		if key != "" {
			request.Header.Set("Idempotency-Key", key)
		}
		answer := httptest.NewRecorder()
		p.handler.ServeHTTP(answer, request)
		return testkit.Answer{Status: answer.Code, Header: answer.Header(), Body: answer.Body.Bytes()}, nil
	})
	return answer
}

// requireProblem checks an answer's status and the kind of its problem.
func (p person) requireProblem(answer testkit.Answer, status int, kind string) {
	p.T.Helper()
	require.Equal(p.T, status, answer.Status, "%s", answer.Body)
	require.Contains(p.T, string(answer.Body), `"urn:farebook:problem:`+kind+`"`)
}

type proposalView struct {
	Code, State, Booking, ProposedBy, DecidedBy, RefundID string
	Mine                                                  bool
	Refusal                                               *struct{ By, Text string }
}

func (p person) propose(key, body string) proposalView {
	p.T.Helper()
	answer := p.do(http.MethodPost, "/v1/proposals", key, body)
	require.Equal(p.T, http.StatusCreated, answer.Status, "%s", answer.Body)
	var made proposalView
	answer.Into(p.T, &made)
	require.Equal(p.T, "/v1/proposals/"+made.Code, answer.Header.Get("Location"))
	return made
}

// Support refunds within its limits, learns what is left of them, and proposes above; somebody else of finance sends. The list of refunds
// shows both, and nobody sends what they have proposed.
func TestSupportProposesAndFinanceSends(t *testing.T) {
	t.Parallel()
	s := counterOf(testkit.New(t, testkit.Options{Env: []string{"CONSOLE_REFUND_LIMITS=support:USD:10000:15000"}}))
	s.DB.AtNoon() // the limit is that of a day
	booked := s.BookAndPay("paid", nil)
	s.AwaitQuiet()
	sam, fay, finn := s.signedIn("sam", access.Support), s.signedIn("fay", access.Finance), s.signedIn("finn", access.Finance)
	refunds := "/v1/bookings/" + booked.Reference + "/refunds"
	proposed := `{"kind":"refund","booking":"` + booked.Reference + `","amount":{"value":20000,"currency":"USD"},"reason":"duplicate","note":"twice"}`

	first := sam.do(http.MethodPost, refunds, "first", usd(10000))
	require.Equal(t, http.StatusCreated, first.Status, "%s", first.Body)
	above := sam.do(http.MethodPost, refunds, "second", usd(10000))
	sam.requireProblem(above, http.StatusUnprocessableEntity, "above-limit")
	require.Contains(t, string(above.Body), "$50.00 of that is left today")
	require.Contains(t, string(above.Body), "POST /v1/proposals")
	require.Contains(t, string(above.Body), `"left":5000`)
	second := sam.do(http.MethodPost, refunds, "second", usd(5000))
	require.Equal(t, http.StatusCreated, second.Status, "the refusal left the key unused: %s", second.Body)

	sam.requireProblem(s.signedIn("vera", access.Viewer).do(http.MethodPost, "/v1/proposals", "viewer", proposed), http.StatusForbidden,
		"missing-scope")
	sam.requireProblem(sam.do(http.MethodPost, "/v1/proposals", "", proposed), http.StatusBadRequest, "idempotency-key")
	made := sam.propose("propose", proposed)
	require.True(t, made.Mine)
	require.Equal(t, made.Code, sam.propose("propose", proposed).Code)
	send := "/v1/proposals/" + made.Code + "/send"
	sam.requireProblem(sam.do(http.MethodPost, send, "", ""), http.StatusForbidden, "missing-scope")
	own := fay.propose("own", strings.Replace(proposed, "20000", "100", 1))
	fay.requireProblem(fay.do(http.MethodPost, "/v1/proposals/"+own.Code+"/send", "", ""), http.StatusForbidden, "same-operator")
	fay.requireProblem(fay.do(http.MethodPost, "/v1/proposals/pr_0000000000/send", "", ""), http.StatusNotFound, "no-such-proposal")

	var sent proposalView
	for range 2 { // the second time is a repetition
		answer := fay.do(http.MethodPost, send, "", "")
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		answer.Into(t, &sent)
	}
	require.Equal(t, "sent", sent.State)
	finn.requireProblem(finn.do(http.MethodPost, send, "", ""), http.StatusConflict, "proposal-decided")
	awaitRefund(s.Stack, sent.RefundID, "succeeded")
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 3)

	var listed struct {
		Refunds []struct{ ID, SentBy, ProposedBy, Proposal string }
	}
	sam.do(http.MethodGet, "/v1/refunds", "", "").Into(t, &listed)
	require.Len(t, listed.Refunds, 3)
	newest := listed.Refunds[0]
	require.Equal(t, sent.RefundID, newest.ID)
	require.Contains(t, newest.SentBy, "fay (console ak_")
	require.Contains(t, newest.ProposedBy, "sam (console ak_")
	require.Equal(t, made.Code, newest.Proposal)
	require.Contains(t, listed.Refunds[1].SentBy, "sam (console ak_")
	require.Empty(t, listed.Refunds[1].Proposal)
	var shop struct{ SentBy, Proposal string }
	s.API.Get("/v1/refunds/"+sent.RefundID, &shop)
	require.Empty(t, shop.SentBy+shop.Proposal, "a client does not learn who of the staff has sent it")
	s.RequirePromises()
}

// A proposal whose booking was refunded meanwhile says so when it is sent, and is declined; a proposal is withdrawn by who has made it.
func TestProposalsThatAreNotSent(t *testing.T) {
	t.Parallel()
	s := counterOf(testkit.New(t, testkit.Options{}))
	booked := s.BookAndPay("paid", nil)
	s.AwaitQuiet()
	sam, fay := s.signedIn("sam", access.Support), s.signedIn("fay", access.Finance)
	body := `{"kind":"refund","booking":"` + booked.Reference + `","amount":{"value":40000,"currency":"USD"},"note":"twice"}`
	made, other := sam.propose("one", body), sam.propose("two", body)
	awaitRefund(s.Stack, ask(s.Stack, booked.Reference, "meanwhile", usd(30000)).ID, "succeeded")
	path := "/v1/proposals/" + made.Code
	fay.requireProblem(fay.do(http.MethodPost, path+"/send", "send", ""), http.StatusUnprocessableEntity, "refund-exceeds-captured")
	var open proposalView
	sam.do(http.MethodGet, path, "", "").Into(t, &open)
	require.Equal(t, "proposed", open.State)
	require.Contains(t, open.Refusal.Text, "$159.00 that is left")

	note := `{"note":"refunded by the shop"}`
	sam.requireProblem(sam.do(http.MethodPost, path+"/decline", "", note), http.StatusForbidden, "missing-scope")
	fay.requireProblem(fay.do(http.MethodPost, path+"/withdraw", "", note), http.StatusForbidden, "not-proposer")
	require.Equal(t, http.StatusOK, fay.do(http.MethodPost, path+"/decline", "", note).Status)
	withdrawn := sam.do(http.MethodPost, "/v1/proposals/"+other.Code+"/withdraw", "", `{"note":"a mistake"}`)
	require.Equal(t, http.StatusOK, withdrawn.Status, "%s", withdrawn.Body)
	fay.requireProblem(fay.do(http.MethodPost, path+"/send", "send", ""), http.StatusConflict, "proposal-decided")
	var listed struct{ Proposals []proposalView }
	sam.do(http.MethodGet, "/v1/proposals?booking="+booked.Reference, "", "").Into(t, &listed)
	require.Len(t, listed.Proposals, 2)
	require.Equal(t, "withdrawn", listed.Proposals[0].State)
	sam.do(http.MethodGet, "/v1/proposals?state=proposed", "", "").Into(t, &listed)
	require.Empty(t, listed.Proposals)
	require.Len(t, s.Stripe.Refunds(), 1)

	out, err := starterWith(s.Stack, "proposals", "show", made.Code)
	require.NoError(t, err, out)
	for _, says := range []string{"declined", "refunded by the shop", "$400.00", "$159.00 that is left", "sam (console ak_"} {
		require.Contains(t, out, says)
	}
	s.RequirePromises()
}
