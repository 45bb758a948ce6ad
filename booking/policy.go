package booking

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"farebook/money"
)

// Rule of a refund policy: who cancels this long before the departure, or longer, gets this much of what was paid.
type Rule struct {
	HoursBefore int
	Percent     int
}

// Policy is what a cancellation after payment gives back: rules from the longest time before departure to the shortest.
// Who cancels later than the last rule says gets nothing.
type Policy []Rule

// DefaultPolicy gives back all of it up to a week before, half up to two days before.
const DefaultPolicy = "168:100,48:50"

const (
	maxRules       = 20
	maxPolicyHours = 24 * 366
)

// ParsePolicy reads rules "HOURS:PERCENT", separated by commas, the longest time first: "168:100,48:50". Hours fall from
// rule to rule and percentages do not rise: to wait never pays.
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
			return nil, fmt.Errorf("has a rule %d that is not HOURS:PERCENT, such as 48:50, with at most %d hours and 100 percent", i+1, maxPolicyHours)
		}
		if i > 0 && (rule.HoursBefore >= policy[i-1].HoursBefore || rule.Percent > policy[i-1].Percent) {
			return nil, fmt.Errorf("has a rule %d that does not follow: hours fall from rule to rule, percentages do not rise", i+1)
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

// Quote is what a cancellation at one moment would give back, and why.
type Quote struct {
	Percent              int // of what was paid
	HoursBeforeDeparture int // whole hours; below zero after it
	Refund               money.Money
	Kept                 money.Money
	Explanation          string
}

// Quote applies the policy to what was captured of a booking, returned of it so far (refunds on their way among it), and
// the time that is left. It never gives back more than is there.
func (p Policy) Quote(captured money.Money, returned int64, departure, now time.Time) Quote {
	left := departure.Sub(now)
	hours := int(left / time.Hour)
	if left < 0 && left%time.Hour != 0 {
		hours-- // down, not towards zero
	}
	q := Quote{HoursBeforeDeparture: hours}
	rule := "later than every rule"
	for _, r := range p {
		if left >= time.Duration(r.HoursBefore)*time.Hour {
			q.Percent = r.Percent
			rule = fmt.Sprintf("%d hours or more before departure: %d%%", r.HoursBefore, r.Percent)
			break
		}
	}
	due := captured.Share(q.Percent).Value
	back := max(min(due, captured.Value)-returned, 0)
	q.Refund = money.Money{Value: back, Currency: captured.Currency}
	q.Kept = money.Money{Value: max(captured.Value-returned-back, 0), Currency: captured.Currency}
	q.Explanation = fmt.Sprintf("The flight departs in %d hours (%s), so %d%% of %s is due", hours, rule, q.Percent, captured.Format(money.LocaleEN))
	if hours < 0 {
		q.Explanation = fmt.Sprintf("The flight has departed, so %d%% of %s is due", q.Percent, captured.Format(money.LocaleEN))
	}
	if returned > 0 {
		q.Explanation += fmt.Sprintf("; %s went back before", money.Money{Value: returned, Currency: captured.Currency}.Format(money.LocaleEN))
	}
	q.Explanation += "."
	return q
}
