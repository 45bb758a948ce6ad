package bookings

import (
	"time"

	"farebook/money"
)

// This file has what the pages show of the API's answers.

type customer struct{ Name, Email, Locale string }

type flight struct {
	Number, From, To     string
	DepartsAt, ArrivesAt time.Time
	Passengers           []struct{ Name string }
}

type listed struct {
	Reference, Client, Status string
	Customer                  customer
	Amount                    money.Money
	Flight                    flight
	CreatedAt                 time.Time
	Attention                 string
	SupplementOf              *supplement
	Payment                   *struct {
		PaymentIntentID, Status, DeclineCode string
		AmountCaptured, AmountRefunded       int64
	}
}

type pageEnd struct {
	HasMore bool
	Next    string
}

type bookingsPage struct {
	pageEnd

	Bookings []listed
}

type listedRefund struct {
	ID, Reference, Status, Origin, Reason, Note, FailureReason, StripeRefundID, BankReference, AbandonNote string
	Amount                                                                                                 money.Money
	AbandonedAt                                                                                            *time.Time
	CreatedAt, UpdatedAt                                                                                   time.Time
}

type refundsPage struct {
	pageEnd

	Refunds []listedRefund
}

type told struct {
	Reference, Client, Status, Capture, CorrelationID string
	Customer                                          customer
	Flight                                            flight
	Amount                                            money.Money
	CreatedAt, HoldExpiresAt                          time.Time
	CancelledAt                                       *time.Time
	CancelPercent                                     *int
	Figures                                           figures
	Payment                                           *payment
	Actions                                           []action
	Refunds                                           []refundPart
	Disputes                                          []disputePart
	Postings                                          []posting
	Emails                                            []email
	Attention                                         []matter
	SupplementOf                                      *supplement
	Supplements                                       []other
	Others                                            []other
	MoreOthers                                        bool
	ChargedAlso                                       []string
	Workflows                                         []string
	Timeline                                          []moment
}

type figures struct {
	Captured, Refunded, Pending, Disputed, Refundable money.Money
	Exceeds                                           bool
}

type payment struct {
	PaymentIntentID, ChargeID, Status, DeclineCode, Dashboard string
	CaptureBefore                                             *time.Time
	Advice                                                    *advice
}

type advice struct {
	ID, Tell, Do string
	Confidential bool
}

type action struct {
	Action, Reason, Text string
	Allowed              bool
}

type place struct{ ID, Text string }

type refundPart struct {
	ID, Status, Origin, Reason, Note, FailureReason, StripeRefundID, Dashboard string
	Amount                                                                     money.Money
	Bank                                                                       *struct{ Reference, Status, Type, Way string }
	Where                                                                      place
	Failed                                                                     bool
	CreatedAt, UpdatedAt                                                       time.Time
}

type disputePart struct {
	ID, Status, Reason, Dashboard string
	Amount                        money.Money
	DueBy                         *time.Time
	CreatedAt                     time.Time
}

type posting struct {
	ID                                                uint64
	Type, Description, ObjectID, BalanceTransactionID string
	PostedAt                                          time.Time
	EffectiveAt                                       *time.Time
	Entries                                           []entry
	Why                                               []place
}

type entry struct {
	Account, Side string
	Amount        money.Money
}

type email struct {
	Number                                                              uint64
	Kind, Audience, Status, LastError, MessageID, Subject, Text, Answer string
	Attempts                                                            int
	WrittenAt                                                           time.Time
	SentAt                                                              *time.Time
	ResentOf                                                            uint64
	Where                                                               place
	Resendable                                                          bool
}

type matter struct {
	Kind, Subject, Text, ClosedBy, Note string
	OpenedAt                            time.Time
	ClosedAt                            *time.Time
}

type other struct {
	Reference, Client, Status, Flight, PaymentIntentID, PaymentStatus, DeclineCode string
	Amount, Kept                                                                   money.Money
	CreatedAt, DepartsAt                                                           time.Time
	Held, Late, SameTrip                                                           bool
	Advice                                                                         *advice
	SupplementOf                                                                   *supplement
}

type supplement struct{ Of, Purpose, Description string }

type moment struct {
	At                       time.Time
	Kind, What, Text, ID, By string
	Amount                   *money.Money
	Alarm                    bool
}
