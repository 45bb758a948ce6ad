package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"farebook/access"
	"farebook/finance"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/starter/reports"
	"farebook/store"
	"farebook/store/monthend"
	"farebook/store/report"
)

// closingDay is the day of a month on which the month before is closed, after the promises were proven.
const closingDay = 3

// closeMonth closes the month before as two people of finance do, by its checks: reports that prove themselves, Stripe's own report of the
// month, and a note about each finding that may be accepted.
func (s *system) closeMonth(ctx context.Context) error {
	months := monthend.New(s.books.Store)
	calendar, err := months.Calendar(ctx)
	if err != nil {
		return err
	}
	period := ledger.PeriodAt(s.now(), calendar.Zone).Previous()
	if calendar.FirstOpen != "" && period != calendar.FirstOpen {
		return fmt.Errorf("%s is over, and the first open month is %s", period, calendar.FirstOpen)
	}
	if err := s.reportsHold(ctx, period, calendar.Zone); err != nil {
		return err
	}
	if err := s.comparesWithStripe(ctx, months, period, calendar.Zone); err != nil {
		return err
	}
	if err := s.decideClose(ctx, months, period); err != nil {
		return err
	}
	s.counts["months closed"]++
	if err := s.attend(ctx); err != nil {
		return err
	}
	reasons, err := months.Verify(ctx, true)
	if err == nil && len(reasons) > 0 {
		err = fmt.Errorf("closed months: %s", strings.Join(reasons, "; "))
	}
	return err
}

// attend closes the matters that a close has accepted: people deal with them, or the next closes have more of them than they list.
func (s *system) attend(ctx context.Context) error {
	matters, err := s.books.AttentionItems(ctx, store.AttentionFilter{Oldest: true, Limit: 100})
	for _, matter := range matters {
		s.counts["matters closed"]++
		err = errors.Join(err, s.books.CloseAttention(ctx, matter.ID, "dealt with in the simulation", s.books.shop, s.now().UTC()))
	}
	return err
}

// decideClose proposes a close and approves it.
func (s *system) decideClose(ctx context.Context, months *monthend.Months, period ledger.Period) error {
	review, err := months.Review(ctx, period, nil)
	if err != nil {
		return err
	}
	var notes []closing.Note
	for _, check := range review.Checks {
		if check.More {
			return fmt.Errorf("the close of %s: %s: more findings than are listed", period, check.Text)
		}
		for _, finding := range check.Findings {
			if finding.Firm {
				return fmt.Errorf("the close of %s: %s: %s", period, check.Text, finding.Text)
			}
			s.counts["accepted: "+check.Text]++
			notes = append(notes, closing.Note{Item: finding.Item, Text: "known in the simulation", By: s.books.shop.Name})
		}
	}
	propose := func(by access.Actor) error {
		_, _, err := months.ProposeClose(ctx, period, notes, by)
		return err
	}
	approve := func(by access.Actor) error {
		_, err := months.ApproveClose(ctx, period, by)
		return err
	}
	return errors.Join(propose(s.books.shop), approve(s.books.approver))
}

// noSink takes a report that only has to prove itself.
type noSink struct{}

func (noSink) Begin(finance.Table) error { return nil }
func (noSink) Row(finance.Row) error     { return nil }

// held is the first check that does not hold.
func held(checks finance.Checks, err error) error {
	if err != nil {
		return err
	}
	for _, check := range checks {
		if !check.Held {
			return fmt.Errorf("%s: %s", check.Text, check.Detail)
		}
	}
	return nil
}

// reportsHold has every report of a month prove itself, by each date.
func (s *system) reportsHold(ctx context.Context, period ledger.Period, zone *time.Location) error {
	read := report.New(s.books.Store)
	for _, basis := range []finance.Basis{finance.ByEffective, finance.ByPosted, finance.ByPeriod} {
		of := finance.Interval{From: period.Start(zone), To: period.End(zone), Basis: basis, Zone: zone}
		for _, one := range reports.All {
			for _, write := range []reports.Write{one.Write, one.Itemised} {
				if write == nil {
					continue
				}
				if err := held(write(read, ctx, of, noSink{})); err != nil {
					return fmt.Errorf("%s of %s by %s date: %w", one.Name, period, basis, err)
				}
			}
		}
	}
	return nil
}

// comparesWithStripe holds Stripe's itemised report of a month against the ledger, in both directions.
func (s *system) comparesWithStripe(ctx context.Context, months *monthend.Months, period ledger.Period, zone *time.Location) error {
	from, to := period.Start(zone), period.End(zone)
	text, err := s.stripe.Report("balance_change_from_activity.itemized.3", from, to)
	if err != nil {
		return err
	}
	file, err := finance.NewStripeFile(bytes.NewReader(text))
	if err != nil {
		return err
	}
	checks, err := report.New(s.books.Store).Compare(ctx, report.Comparing{
		File: file, Interval: &finance.Interval{From: from, To: to, Basis: finance.ByEffective, Zone: zone},
	}, noSink{})
	if err := held(checks, err); err != nil {
		return fmt.Errorf("the report of %s that Stripe has made: %w", period, err)
	}
	return months.RecordComparison(ctx, monthend.ComparisonOf(period, checks), s.books.shop)
}
