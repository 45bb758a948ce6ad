package reconciliation

import (
	"fmt"
	"time"

	"farebook/ledger"
)

// Unbooked is why a balance transaction belongs to no booking, and how it is posted: as another integration's, or against the
// opening balance. The zero value is money that nobody knows.
type Unbooked struct {
	Type   ledger.Type
	Origin Origin
	Rule   Integration // of the integration whose it is
	Opened time.Time   // the opening that the payment came before
}

// Explain says whose a payment is that no booking has. A rule comes first: what another integration was paid before the opening is
// still the other integration's.
func Explain(o Origin, rules Integrations, opening ledger.Opening) Unbooked {
	if rule, found := rules.Of(o); found {
		return Unbooked{Type: ledger.TypeOtherIntegration, Origin: o, Rule: rule}
	}
	if !o.Settled.IsZero() && opening.Covers(o.Settled) {
		return Unbooked{Type: ledger.TypeBeforeOpening, Origin: o, Opened: opening.At}
	}
	return Unbooked{}
}

// Known tells whether it is explained.
func (u Unbooked) Known() bool { return u.Type != "" }

// String names the payment and why no booking has it.
func (u Unbooked) String() string {
	switch u.Type {
	case ledger.TypeOtherIntegration:
		return fmt.Sprintf("charge %s is another integration's, by the rule %s", u.Origin.ChargeID, u.Rule)
	case ledger.TypeBeforeOpening:
		return fmt.Sprintf("charge %s was paid before the opening of %s", u.Origin.ChargeID, u.Opened.UTC().Format(time.RFC3339))
	default:
		return "nobody knows it"
	}
}

// Relabel makes of an orphan, or of a line that an operator would have to post, one that is posted as what it is.
func (u Unbooked) Relabel(finding *Finding, line Line) {
	if !u.Known() {
		return
	}
	finding.Class, finding.Healing = MissingInLedger, HealUnbooked
	finding.Reason = fmt.Sprintf("%s %s (%s): %s", line.Object, line.ObjectID, line.ReportingCategory, u)
}

// Explainable tells whether a line that nothing was posted for may be explained: it is about a charge that the books know as no
// booking's, whatever a rule says.
func Explainable(finding Finding, line Line, known Known) bool {
	if line.ChargeID == "" || known.PaymentKnown {
		return false
	}
	return finding.Class == OrphanPayment ||
		finding.Class == MissingInLedger && (line.Object == ObjectBalanceTransaction || line.Object == ObjectAccountFee)
}

// PostedAsUnbooked tells whether all that was posted for a line says that no booking has it.
func PostedAsUnbooked(posted []Posting) bool {
	for _, p := range posted {
		if !ledger.Type(p.Type).Unbooked() {
			return false
		}
	}
	return len(posted) > 0
}
