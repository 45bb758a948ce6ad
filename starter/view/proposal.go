package view

import (
	"time"

	"farebook/access"
	"farebook/money"
	"farebook/store/proposals"
)

// MoneyProposal is a refund or a correction that somebody has proposed because it is above the limit of their role.
type MoneyProposal struct {
	Code         string           `json:"code" example:"pr_7K2M9QXA4T"`
	Kind         string           `json:"kind" enum:"refund,correction"`
	State        string           `json:"state" enum:"proposed,sent,declined,withdrawn"`
	Booking      string           `json:"booking,omitempty" doc:"Absent for a correction that is about no booking." example:"FB-7K2M9QXA"`
	Item         uint64           `json:"item,omitempty" doc:"The item of a correction." example:"7"`
	Amount       money.Money      `json:"amount" doc:"What is refunded, or what the clearing account differs by from Stripe."`
	Reason       string           `json:"reason,omitempty" doc:"Of a refund." example:"requested_by_customer"`
	Account      string           `json:"account,omitempty" doc:"The account of the other side of a correction." example:"equity:suspense"`
	Note         string           `json:"note,omitempty"`
	ProposedBy   string           `json:"proposedBy" example:"Sam Support (console ak_7K2M9QXA4T)"`
	ProposedAt   time.Time        `json:"proposedAt"`
	DecidedBy    string           `json:"decidedBy,omitempty" doc:"Who has sent, declined or withdrawn it."`
	DecidedAt    *time.Time       `json:"decidedAt,omitempty"`
	DecisionNote string           `json:"decisionNote,omitempty" doc:"Why it was declined or withdrawn."`
	RefundID     string           `json:"refundId,omitempty" doc:"The refund that it became." example:"RF-7K2M9QXA"`
	Refusal      *ProposalRefusal `json:"refusal,omitempty" doc:"Why it could not be sent when somebody last tried to."`
	Mine         bool             `json:"mine" doc:"The caller has proposed it: somebody else sends or declines it."`
}

// ProposalRefusal says why a proposal could not be sent.
type ProposalRefusal struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text" example:"$700.00 is more than the $459.00 that is left of the payment; refunds on their way count"`
}

// MoneyProposalOf converts a proposal of the store for whom it is shown to.
func MoneyProposalOf(p proposals.Proposal, to access.Actor) MoneyProposal {
	shown := MoneyProposal{
		Code: p.Code, Kind: string(p.Kind), State: string(p.State), Booking: string(p.Reference), Item: p.ItemID, Amount: p.Amount,
		Reason: string(p.Reason), Account: string(p.Against), Note: p.Note, ProposedBy: p.By.Name, ProposedAt: p.At,
		RefundID: string(p.RefundID), Mine: p.By.Is(to),
	}
	if d := p.Decision; d != nil {
		shown.DecidedBy, shown.DecidedAt, shown.DecisionNote = d.By.Name, &d.At, d.Note
	}
	if r := p.Refusal; r != nil {
		shown.Refusal = &ProposalRefusal{By: r.By, At: r.At, Text: r.Text}
	}
	return shown
}
