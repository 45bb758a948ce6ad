package booking

import (
	"fmt"

	"farebook/money"
	"farebook/validation"
)

// RevenueModel says whose sale a booking is. It is fixed when the booking is made.
type RevenueModel string

// The models. The seller of a booking that names none is a principal, as in releases before.
const (
	ModelPrincipal RevenueModel = "principal" // sells the flight: its price is the seller's income
	ModelAgent     RevenueModel = "agent"     // sells it for the airline: commission and service fee are the seller's income
)

// RevenueMoment is when what an agent holds of a booking is passed on and earned.
type RevenueMoment string

// The moments. A principal earns at the departure.
const (
	AtDeparture RevenueMoment = "departure"
	// AtTicketing is when the booking is confirmed: a booking with manual capture by the capture, which the caller asks for once the ticket
	// is issued, any other by its payment.
	AtTicketing RevenueMoment = "ticketing"
)

// Breakdown is whose the price of a booking is, in minor units of its currency. The four parts add up to the price. Fare is what the
// airline gets of the fare, without the agent's commission.
type Breakdown struct {
	Fare       int64 `json:"fare"`
	Taxes      int64 `json:"taxes"`
	ServiceFee int64 `json:"serviceFee"`
	Commission int64 `json:"commission"`
}

// Revenue is how a booking is posted. The zero value is a principal's.
type Revenue struct {
	Model  RevenueModel
	Moment RevenueMoment // empty for a principal
	// Breakdown is nil where none was given: all of the price is then the airline's.
	Breakdown *Breakdown
}

// RevenueRules decide about bookings that are made now. The zero value makes a principal's.
type RevenueRules struct {
	Model  RevenueModel
	Moment RevenueMoment
}

// With is how a booking with a breakdown is posted; nil where none is known.
func (r RevenueRules) With(breakdown *Breakdown) Revenue {
	if r.Model == ModelAgent {
		return Revenue{Model: ModelAgent, Moment: r.Moment, Breakdown: breakdown}
	}
	return Revenue{Model: ModelPrincipal}
}

// RevenueOf is how a booking is posted that a request asks for. The error is validation.FieldErrors: a principal has no breakdown.
func (r RevenueRules) RevenueOf(request Request) (Revenue, error) {
	if r.Model != ModelAgent && request.Breakdown != nil {
		return Revenue{}, validation.FieldErrors{{
			Field: "breakdown", Problem: "is only for a seller who is the airline's agent",
			Fix: "leave it out, or have the operator set REVENUE_MODEL=agent",
		}}
	}
	return r.With(request.Breakdown), nil
}

// validate adds what is wrong with the parts of a price. A price that is wrong itself is compared with nothing.
func (b *Breakdown) validate(v *validation.Violations, price money.Money) {
	if b == nil {
		return
	}
	priced := price.ValidateCharge() == nil
	valid := priced
	for _, part := range []struct {
		field string
		value int64
	}{{"fare", b.Fare}, {"taxes", b.Taxes}, {"serviceFee", b.ServiceFee}, {"commission", b.Commission}} {
		problem := ""
		switch {
		case part.value < 0:
			problem = "is negative"
		case priced && part.value > price.Value:
			problem = "is more than the amount"
		default:
			continue
		}
		valid = false
		v.Add("breakdown."+part.field, problem, "send minor units from 0 to amount.value")
	}
	sum := b.Fare + b.Taxes + b.ServiceFee + b.Commission
	if valid && sum != price.Value {
		v.Add("breakdown",
			fmt.Sprintf("adds up to %s, and the amount is %s", money.Text(sum, price.Currency), money.Text(price.Value, price.Currency)),
			"send fare, taxes, serviceFee and commission whose sum is the amount; fare is without the commission")
	}
}
