package booking

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"farebook/money"
)

// Rule is one step of a refund policy: a cancellation at least this long before the departure refunds this percentage of what
// was paid.
type Rule struct {
	HoursBefore int
	Percent     int
}

// Policy decides what a cancellation after payment refunds. Its rules are ordered from the longest time before departure to the
// shortest. A cancellation after the last rule's time refunds nothing.
type Policy []Rule

// DefaultPolicy refunds everything until a week before the departure, and half until two days before.
const DefaultPolicy = "168:100,48:50"

const (
	maxRules       = 20
	maxPolicyHours = 24 * 366
)

// ParsePolicy parses comma-separated rules HOURS:PERCENT, the longest time first: "168:100,48:50". Hours decrease and
// percentages do not increase, so that waiting never pays.
func ParsePolicy(text string) (Policy, error) {
	parts := strings.Split(text, ",")
	if len(parts) > maxRules {
		return nil, fmt.Errorf("has %d rules: %d at most", len(parts), maxRules)
	}
	policy := make(Policy, 0, len(parts))
	for i, part := range parts {
		hours, percent, found := strings.Cut(strings.TrimSpace(part), ":")
		rule, err := parseRule(hours, percent)
		if !found || err != nil {
			return nil, fmt.Errorf("has a rule, number %d, that is not HOURS:PERCENT, such as 48:50, with at most %d hours and 100 percent", i+1,
				maxPolicyHours)
		}
		if i > 0 && (rule.HoursBefore >= policy[i-1].HoursBefore || rule.Percent > policy[i-1].Percent) {
			return nil, fmt.Errorf("has rule %d out of order: hours must decrease from rule to rule, and percentages must not increase", i+1)
		}
		policy = append(policy, rule)
	}
	return policy, nil
}

func parseRule(hours, percent string) (Rule, error) {
	h, err := strconv.ParseUint(hours, 10, 16)
	if err != nil {
		return Rule{}, err
	}
	p, err := strconv.ParseUint(percent, 10, 8)
	if err != nil {
		return Rule{}, err
	}
	if h > maxPolicyHours || p > 100 {
		return Rule{}, strconv.ErrRange
	}
	return Rule{HoursBefore: int(h), Percent: int(p)}, nil
}

// anyTime is the HoursBefore of a rule that applies however long after the departure.
const anyTime = int(math.MinInt64 / time.Hour)

// Always is the policy that refunds one percentage, whenever it is asked for.
func Always(percent int) Policy {
	return Policy{{HoursBefore: anyTime, Percent: percent}}
}

// text says when the rule applies, and what it refunds.
func (r Rule) text() string {
	if r.HoursBefore == anyTime {
		return fmt.Sprintf("at any time: %d%%", r.Percent)
	}
	return fmt.Sprintf("%d hours or more before departure: %d%%", r.HoursBefore, r.Percent)
}

// Quote is what a cancellation at one moment would refund, and why.
type Quote struct {
	Percent              int // of the captured amount
	HoursBeforeDeparture int // whole hours; negative after the departure
	Refund               money.Money
	Kept                 money.Money
	Explanation          string
}

// Quote applies the policy to the captured amount, the minor units returned so far (including pending refunds), and the time to
// the departure. It never refunds more than is left.
func (p Policy) Quote(captured money.Money, returned int64, departure, now time.Time) Quote {
	left := departure.Sub(now)
	hours := int(left / time.Hour)
	if left < 0 && left%time.Hour != 0 {
		hours-- // round down, not towards zero
	}
	q := Quote{HoursBeforeDeparture: hours}
	rule := "later than every rule"
	for _, r := range p {
		if left >= time.Duration(r.HoursBefore)*time.Hour {
			q.Percent = r.Percent
			rule = r.text()
			break
		}
	}
	due := captured.Share(q.Percent).Value
	back := max(min(due, captured.Value)-returned, 0)
	q.Refund = money.Money{Value: back, Currency: captured.Currency}
	q.Kept = money.Money{Value: max(captured.Value-returned-back, 0), Currency: captured.Currency}
	q.Explanation = fmt.Sprintf("The flight departs in %d hours (%s), so %d%% of %s is due", hours, rule, q.Percent,
		captured.Format(money.LocaleEN))
	if hours < 0 {
		q.Explanation = fmt.Sprintf("The flight has departed, so %d%% of %s is due", q.Percent, captured.Format(money.LocaleEN))
	}
	if returned > 0 {
		q.Explanation += fmt.Sprintf("; %s went back before", money.Text(returned, captured.Currency))
	}
	q.Explanation += "."
	return q
}
