package reconciliation

import (
	"fmt"
	"time"

	"farebook/ledger"
)

// Unbooked explains why a balance transaction belongs to no booking, which decides how it is posted: as another integration's,
// or against the opening balance. The zero value means that there is no explanation.
type Unbooked struct {
	Type   ledger.Type
	Origin Origin
	Rule   Integration // the rule that matched, for another integration
	Opened time.Time   // the time of the opening, for a payment before it
}

// Explain explains a payment that belongs to no booking. Rules take precedence: a payment to another integration before the
// opening still belongs to that integration.
func Explain(o Origin, rules Integrations, opening ledger.Opening) Unbooked {
	if rule, found := rules.Of(o); found {
		return Unbooked{Type: ledger.TypeOtherIntegration, Origin: o, Rule: rule}
	}
	if !o.Settled.IsZero() && opening.Covers(o.Settled) {
		return Unbooked{Type: ledger.TypeBeforeOpening, Origin: o, Opened: opening.At}
	}
	return Unbooked{}
}

// Known reports whether there is an explanation.
func (u Unbooked) Known() bool { return u.Type != "" }

// String names the charge and the explanation.
func (u Unbooked) String() string {
	switch u.Type {
	case ledger.TypeOtherIntegration:
		return fmt.Sprintf("charge %s is another integration's, by the rule %s", u.Origin.ChargeID, u.Rule)
	case ledger.TypeBeforeOpening:
		return fmt.Sprintf("charge %s was paid before the opening of %s", u.Origin.ChargeID, u.Opened.UTC().Format(time.RFC3339))
	default:
		return "has no explanation"
	}
}

// Relabel turns an orphan payment, or a line that an operator would have to post, into a finding that HealUnbooked posts.
func (u Unbooked) Relabel(finding *Finding, line Line) {
	if !u.Known() {
		return
	}
	finding.Class, finding.Healing = MissingInLedger, HealUnbooked
	finding.Reason = fmt.Sprintf("%s %s (%s): %s", line.Object, line.ObjectID, line.ReportingCategory, u)
}

// Explainable reports whether Explain may be asked about a line without postings: it belongs to a charge, and the payment to no
// booking.
func Explainable(finding Finding, line Line, known Known) bool {
	if line.ChargeID == "" || known.PaymentKnown {
		return false
	}
	return finding.Class == OrphanPayment ||
		finding.Class == MissingInLedger && (line.Object == ObjectBalanceTransaction || line.Object == ObjectAccountFee)
}

// PostedAsUnbooked reports whether everything that was posted for a line says that it belongs to no booking.
func PostedAsUnbooked(posted []Posting) bool {
	for _, p := range posted {
		if !ledger.Type(p.Type).Unbooked() {
			return false
		}
	}
	return len(posted) > 0
}
