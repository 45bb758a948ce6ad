package fakestripe_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
)

const disputeFee = 1500

func TestDisputeThatIsWon(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	api := s.stripeGo()
	intent := s.pay("pm_card_createDispute")
	require.Equal(t, []string{
		"payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.dispute.created",
		"charge.dispute.funds_withdrawn",
	},
		s.events(0))
	list := api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(intent)})
	require.True(t, list.Next())
	opened := list.Dispute()
	require.False(t, list.Next())
	require.Equal(t, stripe.DisputeStatusNeedsResponse, opened.Status)
	require.Equal(t, stripe.DisputeReasonFraudulent, opened.Reason)
	require.False(t, opened.IsChargeRefundable)
	require.Equal(t, opened.Created+7*24*3600, opened.EvidenceDetails.DueBy)
	require.Equal(t, []string{"adjustment dispute -45900 1500"}, s.booked(opened.ID))
	require.Equal(t, true, s.charge(intent)["disputed"])
	s.requireBalance(-chargeFee - disputeFee)

	before := len(s.events(0))
	staged, err := api.Disputes.Update(opened.ID, &stripe.DisputeParams{
		Submit:   stripe.Bool(false),
		Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: stripe.String("winning_evidence")},
	})
	require.NoError(t, err)
	require.Equal(t, stripe.DisputeStatusNeedsResponse, staged.Status, "staged evidence is not submitted")
	require.True(t, staged.EvidenceDetails.HasEvidence)
	won, err := api.Disputes.Update(opened.ID, &stripe.DisputeParams{})
	require.NoError(t, err)
	require.Equal(t, stripe.DisputeStatusWon, won.Status)
	require.EqualValues(t, 1, won.EvidenceDetails.SubmissionCount)
	require.Equal(t, opened.EvidenceDetails.DueBy, won.EvidenceDetails.DueBy)
	require.Len(t, won.BalanceTransactions, 2)
	require.EqualValues(t, 45900+disputeFee, won.BalanceTransactions[1].Net)
	require.EqualValues(t, -disputeFee, won.BalanceTransactions[1].FeeDetails[0].Amount)
	require.Equal(t, []string{"charge.dispute.updated", "charge.dispute.funds_reinstated", "charge.dispute.closed"}, s.events(before))
	require.Equal(t, []string{"adjustment dispute -45900 1500", "adjustment dispute_reversal 45900 -1500"}, s.booked(opened.ID))
	s.requireBalance(45900 - chargeFee)

	noted, err := api.Disputes.Update(opened.ID, &stripe.DisputeParams{Metadata: map[string]string{"a": "b"}})
	require.NoError(t, err, "metadata of a decided dispute can still change")
	require.Equal(t, "b", noted.Metadata["a"])
	_, err = api.Disputes.Close(opened.ID, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusOK, s.refund(intent, "100").status, "the charge of a won dispute can be refunded")
}

func TestDisputesThatAreLost(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(s stand, id string) int{
		"evidence": func(s stand, id string) int {
			return s.do(http.MethodPost, "/v1/disputes/"+id, "", "evidence[uncategorized_text]=losing_evidence").status
		},
		"accepted by the account": func(s stand, id string) int { return s.do(http.MethodPost, "/v1/disputes/"+id+"/close", "", "").status },
		"decided by the bank":     func(s stand, id string) int { return s.admin("disputes/"+id+"/move", `{"status":"lost"}`) },
		"after review": func(s stand, id string) int {
			s.do(http.MethodPost, "/v1/disputes/"+id, "", "evidence[customer_name]=Layla")
			require.Equal(s.t, "under_review", s.Disputes()[0].Status)
			return s.admin("disputes/"+id+"/move", `{"status":"lost"}`)
		},
	} {
		s := newStand(t)
		intent := s.pay("pm_card_createDisputeProductNotReceived")
		id := s.Disputes()[0].ID
		require.Equal(t, http.StatusOK, lose(s, id), name)
		require.Equal(t, "lost", s.Disputes()[0].Status, name)
		require.Equal(t, "charge.dispute.closed", s.events(0)[len(s.events(0))-1], name)
		require.Equal(t, "charge_disputed", s.refund(intent, "1").code(), name)
		s.requireBalance(-chargeFee - disputeFee)
		require.Error(t, s.MoveDispute(id, "won"), name)
		s.requireBalance(-chargeFee - disputeFee)
	}
}

// A refunded charge can be disputed too; refund and dispute together then exceed the payment.
func TestDisputeOfARefundedCharge(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.pay("pm_card_visa")
	require.Equal(t, http.StatusOK, s.refund(intent, "45900").status)
	require.Equal(t, http.StatusConflict, s.admin("payment_intents/"+intent+"/dispute", `{"amount":45901}`),
		"a dispute cannot exceed the payment")
	require.Equal(t, http.StatusOK, s.admin("payment_intents/"+intent+"/dispute", `{"amount":20000,"reason":"duplicate"}`))
	require.EqualValues(t, 20000, s.Disputes()[0].Amount)
	s.requireBalance(-chargeFee - 20000 - disputeFee)
	_, err := s.Dispute(s.create("").text("id"), 0, "fraudulent")
	require.Error(t, err, "an unpaid PaymentIntent cannot be disputed")
}

func TestInquiries(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.pay("pm_card_createDisputeInquiry")
	first := s.Disputes()[0]
	require.Equal(t, "warning_needs_response", first.Status)
	require.Equal(t, "charge.dispute.created", s.events(0)[len(s.events(0))-1])
	require.Empty(t, s.booked(first.ID))
	require.Equal(t, http.StatusOK, s.refund(intent, "1").status, "an inquiry does not prevent refunds")

	require.NoError(t, s.MoveDispute(first.ID, "warning_under_review"))
	require.Error(t, s.MoveDispute(first.ID, "won"), "an inquiry cannot be won")
	dueBy := func() int64 {
		details := s.do(http.MethodGet, "/v1/disputes/"+first.ID, "", "").body["evidence_details"].(map[string]any)
		return int64(details["due_by"].(float64))
	}
	asked := dueBy()
	require.Equal(t, http.StatusOK, s.admin("clock", `{"advance_ms":86400000}`))
	require.Equal(t, asked, dueBy())
	before := len(s.events(0))
	require.NoError(t, s.MoveDispute(first.ID, "needs_response"))
	require.GreaterOrEqual(t, dueBy(), asked+86400, "evidence is asked for anew")
	require.Equal(t, []string{"charge.dispute.updated", "charge.dispute.funds_withdrawn"}, s.events(before))
	require.Error(t, s.MoveDispute(first.ID, "needs_response"), "funds are withdrawn only once")
	s.requireBalance(-chargeFee - disputeFee - 1)

	second, err := s.Inquire(s.pay("pm_card_visa"))
	require.NoError(t, err)
	require.Equal(t, "warning_under_review",
		s.do(http.MethodPost, "/v1/disputes/"+second, "", "evidence[customer_name]=Layla").text("status"))
	require.NoError(t, s.MoveDispute(second, "warning_closed"))
	third, err := s.Inquire(s.pay("pm_card_visa"))
	require.NoError(t, err)
	require.Equal(t, "warning_closed", s.do(http.MethodPost, "/v1/disputes/"+third+"/close", "", "").text("status"))
	s.requireBalance(3*(45900-chargeFee) - 45900 - disputeFee - 1)
}

func TestEvidenceThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.pay("pm_card_createDispute")
	path := "/v1/disputes/" + s.Disputes()[0].ID
	for _, form := range []string{"evidence[colour]=blue", "colour=blue", "submit=perhaps&evidence[customer_name]=Layla"} {
		require.Equal(t, http.StatusBadRequest, s.do(http.MethodPost, path, "", form).status, form)
	}
	require.Equal(t, http.StatusConflict, s.admin("disputes/"+s.Disputes()[0].ID+"/move", `{"status":"forgotten"}`))
	unchanged := s.do(http.MethodGet, path, "", "")
	require.Equal(t, "needs_response", unchanged.text("status"))
	require.Equal(t, false, unchanged.body["evidence_details"].(map[string]any)["has_evidence"])
	require.Equal(t, "under_review", s.do(http.MethodPost, path, "", "evidence[customer_name]=Layla").text("status"))
	require.Equal(t, http.StatusBadRequest, s.do(http.MethodPost, path, "", "evidence[customer_name]=Omar").status,
		"evidence is submitted only once")
}

// Certain texts of evidence decide a dispute in test mode; an inquiry, which withdrew no funds, is closed or escalated instead.
func TestEvidenceThatDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ card, text, status string }{
		{"pm_card_createDispute", "winning_evidence", "won"},
		{"pm_card_createDispute", "losing_evidence", "lost"},
		{"pm_card_createDispute", "they flew", "under_review"},
		{"pm_card_createDisputeInquiry", "winning_evidence", "warning_closed"},
		{"pm_card_createDisputeInquiry", "losing_evidence", "warning_closed"},
		{"pm_card_createDisputeInquiry", "escalate_inquiry_evidence", "needs_response"},
		{"pm_card_createDisputeInquiry", "they flew", "warning_under_review"},
	} {
		s := newStand(t)
		s.pay(c.card)
		id := s.Disputes()[0].ID
		answer := s.do(http.MethodPost, "/v1/disputes/"+id, "", url.Values{"evidence[uncategorized_text]": {c.text}}.Encode())
		require.Equal(t, c.status, answer.text("status"), c)
		want := int64(45900 - chargeFee)
		switch c.status {
		case "lost", "needs_response", "under_review":
			want -= 45900 + disputeFee
		}
		s.requireBalance(want)
	}
}
