package workflows

import "go.temporal.io/sdk/workflow"

// Versioning says what happens to the open runs of a workflow type when another build of the worker becomes current.
type Versioning struct {
	Type     string
	Behavior workflow.VersioningBehavior
	Reason   string // a sentence for docs/deploying.md
}

// The two behaviours. A pinned run ends on the build that began it, so its commands may change freely; its build has to run until then. Any
// other run continues on the current build, so its recorded histories have to replay there.
const (
	pinned      = workflow.VersioningBehaviorPinned
	autoUpgrade = workflow.VersioningBehaviorAutoUpgrade
)

// Versionings lists every workflow type.
func Versionings() []Versioning {
	return []Versioning{
		{TypeBookingPayment, pinned, "Its steps change most often, and a client waits for the first of them. It usually ends minutes after " +
			"the payment or with the hold; a bank debit or an authorisation keeps it open for up to two weeks."},
		{TypeChargeRefunds, pinned, "It ends within seconds, because it only starts or signals other workflows."},
		{TypeReconciliation, pinned, "It ends within a day, and all windows of one run are compared and healed by the same rules."},
		{TypeRefund, autoUpgrade, "A bank may take weeks, and a refund that Stripe refuses for now waits for months."},
		{TypeDispute, autoUpgrade, "A dispute is decided after months."},
		{TypePayout, autoUpgrade, "A payout is followed for days, until it has arrived and every balance transaction of it is known."},
		{TypeSendMail, autoUpgrade, "One step, which is retried for three days while the mail server is away."},
		{TypeAccountFee, autoUpgrade, "One step, which is retried for 30 days, so that a corrected build completes it."},
		{TypeUnbooked, autoUpgrade, "One step, which is retried for 30 days, so that a corrected build completes it."},
		{TypeCancelTwins, autoUpgrade, "One step, which is retried for 30 days, so that a corrected build completes it."},
		{TypeDeliverWebhooks, autoUpgrade, "A receiver may be away for three days. What is delivered is in the database, not in the run."},
		{TypeSealLedger, autoUpgrade, "One step at a time, which is retried for 30 days, so that a corrected build completes it."},
		{TypeRetention, autoUpgrade, "One step at a time, which is retried for 30 days, so that a corrected build completes it."},
	}
}

// VersioningOf returns the behaviour of a workflow type; unspecified for an unknown one, which a worker with versioning refuses to
// register.
func VersioningOf(kind string) workflow.VersioningBehavior {
	for _, one := range Versionings() {
		if one.Type == kind {
			return one.Behavior
		}
	}
	return workflow.VersioningBehaviorUnspecified
}
