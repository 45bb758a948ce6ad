package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/workflows"
)

// charge.refunded names no refund: each that the books do not have is handed to its own workflow.
func TestRefundedChargeStartsTheRefundsThatTheBooksDoNotHave(t *testing.T) {
	s := newScenario(t)
	answer(s, refunds.FindUnknownRefunds, []string{"re_dashboard", string(refundID)})
	accept(s, refunds.NoteChargeRefunded)
	s.childRuns(workflows.TypeRefund)
	s.event(0, "evt_refunded")
	s.run(workflows.ChargeRefunds, workflows.ChargeRefundsInput{Reference: reference, PaymentIntentID: intent})
	s.requireTrace(
		"start: FindUnknownRefunds",
		"start: start Refund:re_dashboard",
		"start: start Refund:RF-7K2M9QXA",
		"start: NoteChargeRefunded evt_refunded",
	)
	require.NoError(t, s.env.GetWorkflowError())
}
