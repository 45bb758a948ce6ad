package story

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/starter/view"
	"farebook/store"
)

// MomentPart is one moment of a timeline.
type MomentPart struct {
	At time.Time `json:"at"`
	// Kind decides how it is shown.
	Kind   string       `json:"kind" enum:"request,state,event,posting,email,refund,dispute,attention"`
	What   string       `json:"what" doc:"What happened, as a stable id: an action, a state, Stripe's type of event, a type of posting, a kind of email." example:"refund.create"`
	Text   string       `json:"text" doc:"In words."`
	ID     string       `json:"id,omitempty" doc:"The object that it is about." example:"RF-7K2M9QXA"`
	By     string       `json:"by,omitempty" doc:"Who asked for it."`
	Amount *money.Money `json:"amount,omitempty"`
	Alarm  bool         `json:"alarm" doc:"Something went wrong that the traveller may ask about."`
}

// timeline collects moments.
type timeline struct {
	moments  []MomentPart
	operator bool
}

func timelineOf(s store.Story, o Options) []MomentPart {
	t := timeline{moments: []MomentPart{}, operator: o.Operator}
	t.booking(s.Booking)
	t.requests(s)
	for _, event := range s.Events {
		t.event(event)
	}
	for _, posted := range s.Ledger {
		t.add(MomentPart{
			At: posted.PostedAt, Kind: "posting", What: string(posted.Type), Text: posted.Description,
			ID: cmp.Or(posted.BalanceTransactionID, posted.ObjectID),
		})
	}
	for _, refund := range s.Refunds {
		t.refund(refund)
	}
	for _, dispute := range s.Disputes {
		t.dispute(dispute)
	}
	for _, email := range s.Emails {
		if o.Operator || email.Audience == notice.ToCustomer {
			t.email(email)
		}
	}
	if o.Operator {
		t.matters(s)
	}
	for _, supplement := range s.Supplements {
		t.supplement(supplement)
	}
	slices.SortStableFunc(t.moments, func(a, b MomentPart) int { return a.At.Compare(b.At) })
	return t.moments
}

func (t *timeline) add(m MomentPart) { t.moments = append(t.moments, m) }

// state adds a state that an object has entered.
func (t *timeline) state(at time.Time, what, text, id string) {
	t.add(MomentPart{At: at, Kind: "state", What: what, Text: text, ID: id})
}

func (t *timeline) booking(b store.Booking) {
	amount := b.Amount
	t.add(MomentPart{
		At: b.CreatedAt, Kind: "state", What: "booking.held", Text: "the booking is held", ID: string(b.Reference), Amount: &amount,
	})
	if b.Status == booking.StatusExpired || b.Status == booking.StatusPendingPayment {
		t.state(b.HoldExpiresAt, "booking.hold_ends", "the hold ends", string(b.Reference))
	}
	if b.CancelledAt != nil {
		t.state(*b.CancelledAt, "booking.cancelled", "the paid booking is cancelled", string(b.Reference))
	}
	if p := b.Payment; p != nil {
		t.state(p.CreatedAt, "payment.created", "the PaymentIntent exists", p.PaymentIntentID)
		if p.CaptureBefore != nil {
			t.state(*p.CaptureBefore, "payment.released", "Stripe releases the authorisation unless it is captured", p.PaymentIntentID)
		}
	}
}

// supplement adds a further payment of the booking: that it was asked for, and what has become of it.
func (t *timeline) supplement(b store.Booking) {
	amount := b.Amount
	add := func(at time.Time, what, text string) {
		t.add(MomentPart{At: at, Kind: "state", What: what, Text: text, ID: string(b.Reference), Amount: &amount})
	}
	add(b.CreatedAt, "supplement.held", "a further payment is asked for ("+view.SupplementOf(b.Supplement).PurposeText()+")")
	if b.CancelledAt != nil {
		add(*b.CancelledAt, "supplement.cancelled", "the further payment is cancelled")
	}
}

// requests adds who asked for what. A request that the audit log has is not repeated from its idempotency key. A client sees its own
// requests, and of operators that something was asked for, not by whom.
func (t *timeline) requests(s store.Story) {
	audited := map[string]bool{}
	for _, entry := range s.Audit {
		if isStep(entry.Action) {
			continue // matters has it with its text
		}
		audited[entry.Subject] = true
		m := MomentPart{
			At: entry.At, Kind: "request", What: string(entry.Action), Text: strings.TrimSpace(string(entry.Action) + " " + entry.Detail),
			ID: entry.Subject, By: entry.Actor.Name,
		}
		if !t.operator {
			m.Text, m.By = string(entry.Action), ""
		}
		t.add(m)
	}
	for _, request := range s.Requests {
		if audited[request.Resource] && request.Operation != store.OperationCreateBooking && request.Operation != store.OperationCreatePayment {
			continue
		}
		by := request.Client
		if request.KeyID != "" {
			by += " (" + request.KeyID + ")"
		}
		t.add(MomentPart{
			At: request.CreatedAt, Kind: "request", What: request.Operation, Text: request.Operation, ID: request.Resource, By: by,
			Alarm: request.AnswerStatus >= 400,
		})
	}
}

func (t *timeline) event(e store.Event) {
	text := "Stripe reports " + e.Type
	if e.State != store.EventProcessed {
		text += ": " + string(e.State)
	}
	if e.LastError != "" && t.operator {
		text += ", " + e.LastError
	}
	t.add(MomentPart{At: e.ReceivedAt, Kind: "event", What: e.Type, Text: text, ID: e.ID, Alarm: e.State == store.EventFailed})
}

func (t *timeline) refund(r store.Refund) {
	add := func(at time.Time, what, text string, alarm bool) {
		t.add(MomentPart{At: at, Kind: "refund", What: what, Text: text, ID: string(r.ID), Amount: &r.Amount, Alarm: alarm})
	}
	add(r.CreatedAt, "refund.decided", "the refund is decided", false)
	if r.RefusedAt != nil {
		add(*r.RefusedAt, "refund.postponed", "Stripe does not make the refund yet: "+r.FailureReason, true)
	}
	if r.AbandonedAt != nil {
		add(*r.AbandonedAt, "refund.abandoned", "an operator decides that Stripe is no longer asked", false)
	}
	if r.Status != booking.RefundRequested {
		text := "the refund is " + string(r.Status)
		if r.FailureReason != "" {
			text += ": " + r.FailureReason
		}
		add(r.UpdatedAt, "refund."+string(r.Status), text, gaveNothing(r))
	}
}

func (t *timeline) dispute(d store.Dispute) {
	add := func(at time.Time, what, text string, alarm bool) {
		t.add(MomentPart{At: at, Kind: "dispute", What: what, Text: text, ID: d.ID, Amount: &d.Amount, Alarm: alarm})
	}
	add(d.CreatedAt, "dispute.opened", "the traveller's bank disputes the payment: "+d.Reason, true)
	if d.UpdatedAt.After(d.CreatedAt) {
		add(d.UpdatedAt, "dispute."+string(d.Status), "the dispute is "+string(d.Status), d.Status == booking.DisputeLost)
	}
}

func (t *timeline) email(e store.Email) {
	kind := strings.ReplaceAll(string(e.Kind), "_", " ")
	switch {
	case e.SentAt != nil:
		t.add(MomentPart{At: *e.SentAt, Kind: "email", What: "email.sent", Text: "email sent: " + kind, ID: e.MessageID})
	default:
		t.add(MomentPart{
			At: e.CreatedAt, Kind: "email", What: "email." + e.Status, Text: "email " + e.Status + ": " + kind, ID: e.MessageID,
			Alarm: e.Status == store.EmailFailed,
		})
	}
}

func isStep(action store.Action) bool {
	return action == store.ActionAttentionTake || action == store.ActionAttentionGive || action == store.ActionAttentionNote
}

// stepTexts say what was done about a matter.
var stepTexts = map[store.AttentionStepKind]string{
	store.AttentionTaken: "takes the matter", store.AttentionGivenBack: "gives the matter back",
}

func (t *timeline) matters(s store.Story) {
	subjects := map[uint64]string{}
	for _, matter := range s.Matters {
		subjects[matter.ID] = matter.Subject
		t.add(MomentPart{
			At: matter.OpenedAt, Kind: "attention", What: "attention.opened", Text: matter.Text, ID: matter.Subject,
			Alarm: matter.ClosedAt == nil,
		})
		if matter.ClosedAt != nil {
			t.add(MomentPart{
				At: *matter.ClosedAt, Kind: "attention", What: "attention.closed", Text: cmp.Or(matter.Note, "settled"), ID: matter.Subject,
				By: matter.ClosedBy,
			})
		}
	}
	for _, step := range s.Steps {
		t.add(MomentPart{
			At: step.At, Kind: "attention", What: "attention." + string(step.Kind), Text: cmp.Or(step.Text, stepTexts[step.Kind]),
			ID: subjects[step.Matter], By: step.By.Name,
		})
	}
}
