package fakestripe

import "strings"

// evidenceFields lists the fields of a dispute's evidence; each is null until it is submitted.
var evidenceFields = []string{
	"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
	"customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
	"duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
	"refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
	"shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
	"uncategorized_file", "uncategorized_text",
}

// evidence returns the evidence[...] parameters by field name.
func (c *call) evidence() map[string]string {
	given := map[string]string{}
	for name := range c.form {
		if field, found := strings.CutPrefix(name, "evidence["); found {
			given[strings.TrimSuffix(field, "]")] = c.form.Get(name)
		}
	}
	return given
}

// updateDispute changes metadata and evidence. It submits all evidence, including what was only staged before, unless submit is
// false (stripe.com/docs/api/disputes/update).
func updateDispute(s *Server, c *call) (any, *apiError) {
	d, failed := s.disputes.find("dispute", c.id)
	if failed != nil {
		return nil, failed
	}
	given := c.evidence()
	open := d.status == "needs_response" || d.status == "warning_needs_response"
	if len(given) > 0 && !open {
		return nil, refused("", "This dispute accepts no evidence: its status is "+d.status+".")
	}
	if failed := s.checkEvidence(d, given); failed != nil {
		return nil, failed
	}
	if failed := c.changeMetadata(&d.metadata); failed != nil {
		return nil, failed
	}
	for field, text := range given {
		d.evidence[field] = text
		if text == "" {
			delete(d.evidence, field)
		}
	}
	if c.form.Get("submit") == "false" || len(d.evidence) == 0 || !open {
		s.emit("charge.dispute.updated", d)
		return d.wire(s, expansionOf(c.form)), nil
	}
	d.submissions++
	d.submittedAt = s.clock.Now().Unix()
	if failed := s.decide(d, d.verdict()); failed != nil {
		return nil, failed
	}
	return d.wire(s, expansionOf(c.form)), nil
}

// verdict returns the status of a dispute after its evidence was submitted. In Stripe's test mode, certain values of
// uncategorized_text decide the dispute immediately (stripe.com/docs/testing#evidence).
func (d *dispute) verdict() string {
	inquiry := d.status == "warning_needs_response"
	switch text := d.evidence["uncategorized_text"]; {
	case inquiry && text == "escalate_inquiry_evidence":
		return "needs_response"
	case inquiry && (text == "winning_evidence" || text == "losing_evidence"):
		return "warning_closed"
	case inquiry:
		return "warning_under_review"
	case text == "winning_evidence":
		return "won"
	case text == "losing_evidence":
		return "lost"
	}
	return "under_review"
}

// closeDispute accepts the dispute: a formal dispute is lost; an inquiry, which withdrew no funds, becomes warning_closed.
func closeDispute(s *Server, c *call) (any, *apiError) {
	d, failed := s.disputes.find("dispute", c.id)
	if failed != nil {
		return nil, failed
	}
	end := "lost"
	if contains(disputeMoves[d.status], "warning_closed") {
		end = "warning_closed"
	}
	if failed := s.decide(d, end); failed != nil {
		return nil, failed
	}
	return d.wire(s, expansionOf(c.form)), nil
}
