package bigbooks

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// expressions replaces the names in braces of the statements. Ids have the length and the spread of real ones: the reference counts
// through all codes of eight hexadecimal digits (the factor is odd), and Stripe's ids are hashes.
func (f *filler) expressions() *strings.Replacer {
	gap := 24 * time.Hour / time.Duration(f.PerDay)
	taken := fmt.Sprintf("{now} - INTERVAL IF(n > {n} - %d, ({n} - n) * 5000000, 3600000000 + ({n} - n) * %d) MICROSECOND", open,
		gap.Microseconds())
	id := func(prefix, of string) string {
		return fmt.Sprintf("CONCAT('%s', LEFT(SHA2(CONCAT('%s', %s), 256), 24))", prefix, prefix, of)
	}
	now, n := "TIMESTAMP('"+f.Now.Format(time.DateTime)+"')", strconv.Itoa(f.Bookings)
	return strings.NewReplacer(
		"{n}", n, "{now}", now,
		"{taken}", strings.NewReplacer("{n}", n, "{now}", now).Replace(taken),
		"{kind}", strings.NewReplacer("{n}", n, "{now}", now).Replace(kind()),
		"{clients}", strconv.Itoa(f.clients()),
		"{days}", strconv.Itoa(f.days()),
		"{per_day}", strconv.Itoa(f.PerDay),
		"{code}", "LPAD(HEX(MOD(n * 2654435761, 4294967296)), 8, '0')",
		"{intent}", id("pi_", "n"), "{charge}", id("ch_", "n"), "{txn}", id("txn_", "n"),
		"{refund}", id("re_", "n"), "{refund_txn}", id("txn_r", "n"),
		"{dispute}", id("dp_", "n"), "{dispute_txn}", id("txn_d", "n"), "{won_txn}", id("txn_w", "n"),
		"{payout}", id("po_", "id"), "{payout_txn}", id("txn_p", "id"),
		"{request}", "CONCAT('req_', LEFT(SHA2(CONCAT('req', n), 256), 24))",
		"{refund_at}", "IF(kind = 'refunding', at + INTERVAL 10 MINUTE, at + INTERVAL 3 DAY)",
		"{dispute_at}", "IF(kind = 'disputed', at + INTERVAL 10 MINUTE, at + INTERVAL 5 DAY)",
		"{decided_at}", "at + INTERVAL 15 DAY",
		"{paid_at}", "at + INTERVAL 5 MINUTE",
		"{is_paid}", "kind NOT IN ('open', 'expired')",
		"{has_refund}", "kind IN ('refunded', 'partly', 'cancelled', 'refunding')",
		"{has_dispute}", "kind IN ('lost', 'won', 'disputed')",
	)
}

// clients is the number of clients.
func (f *filler) clients() int { return f.Bookings / PerClient }

// days is how long the books are.
func (f *filler) days() int { return f.Bookings / f.PerDay }

// number writes the numbers from 1 to the number of bookings by doubling, which both MariaDB and MySQL do without a setting.
func (f *filler) number(ctx context.Context) error {
	for _, s := range dropScratch {
		if err := f.run(ctx, s); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		"CREATE TABLE fill_numbers (n BIGINT UNSIGNED NOT NULL PRIMARY KEY) ENGINE = InnoDB", "INSERT INTO fill_numbers VALUES (1)",
	} {
		if err := f.run(ctx, statement{"fill_numbers", sql}); err != nil {
			return err
		}
	}
	for n := 1; n < f.Bookings; n *= 2 {
		if _, err := f.db.ExecContext(ctx, "INSERT INTO fill_numbers SELECT n + ? FROM fill_numbers WHERE n + ? <= ?", n, n,
			f.Bookings); err != nil {
			return fmt.Errorf("fill fill_numbers: %w", err)
		}
	}
	return nil
}
