package bigbooks

import "strconv"

// scratch are the tables that the others are derived from: a row a booking, and a row a ledger transaction in the order of posting.
func scratch() []statement {
	return []statement{
		{"fill_bookings", `CREATE TABLE fill_bookings (
			n BIGINT UNSIGNED NOT NULL PRIMARY KEY, slot INT NOT NULL, kind VARCHAR(16) NOT NULL, reference VARBINARY(16) NOT NULL,
			client BIGINT UNSIGNED NOT NULL, amount BIGINT NOT NULL, fee BIGINT NOT NULL, back BIGINT NOT NULL, currency CHAR(3) NOT NULL,
			at DATETIME(6) NOT NULL) ENGINE = InnoDB DEFAULT CHARSET ascii COLLATE ascii_bin`},
		{"fill_bookings", `INSERT INTO fill_bookings
			SELECT n, slot, {kind}, CONCAT('FB-', {code}), 1 + MOD(n, {clients}), amount, 30 + amount DIV 35, 0, IF(MOD(n,
			  ` + number(euroOf) + `) = 1, 'EUR', 'USD'), at
			FROM (SELECT n, MOD(n * 7919, 1000) AS slot, 10000 + MOD(n * 104729, 90000) AS amount, {taken} AS at FROM fill_numbers) numbered`},
		{"fill_bookings", `UPDATE fill_bookings SET back = IF(kind IN ('partly', 'cancelled'), amount DIV 2, amount) WHERE {has_refund}`},
		{"fill_payouts", `CREATE TABLE fill_payouts (
			id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, amount BIGINT NOT NULL, currency CHAR(3) NOT NULL, payments INT NOT NULL,
			at DATETIME(6) NOT NULL) ENGINE = InnoDB DEFAULT CHARSET ascii COLLATE ascii_bin`},
		// Each day's payments are paid out three days later, by currency.
		{"fill_payouts", `INSERT INTO fill_payouts (amount, currency, payments, at)
			SELECT SUM(amount - fee), currency, COUNT(*), day + INTERVAL 3 DAY
			FROM (SELECT amount, fee, currency, DATE(at) AS day FROM fill_bookings WHERE {is_paid}) paid
			WHERE day + INTERVAL 3 DAY < {now} GROUP BY day, currency ORDER BY day, currency`},
		{"fill_transactions", `CREATE TABLE fill_transactions (
			id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, type VARCHAR(32) NOT NULL, n BIGINT UNSIGNED NULL,
			object_id VARBINARY(64) NOT NULL, txn VARBINARY(64) NOT NULL, operation VARBINARY(255) NULL, description VARCHAR(255) NOT NULL,
			amount BIGINT NOT NULL, fee BIGINT NOT NULL, currency CHAR(3) NOT NULL, at DATETIME(6) NOT NULL
			) ENGINE = InnoDB DEFAULT CHARSET ascii COLLATE ascii_bin`},
		{"fill_transactions", `INSERT INTO fill_transactions (type, n, object_id, txn, operation, description, amount, fee, currency, at)
			SELECT 'payment', n, '' AS object, {txn}, NULL, CONCAT('Payment of booking ', reference), amount, fee, currency, {paid_at} AS posted
			FROM fill_bookings WHERE {is_paid}
			UNION ALL SELECT 'refund', n, {refund}, {refund_txn}, NULL, CONCAT('Refund of booking ', reference), back, 0, currency, {refund_at}
			FROM fill_bookings WHERE {has_refund}
			UNION ALL SELECT 'dispute', n, {dispute_txn}, {dispute_txn}, NULL, CONCAT('Funds withheld by dispute ', {dispute}), amount, 1500,
			  currency, {dispute_at}
			FROM fill_bookings WHERE {has_dispute}
			UNION ALL SELECT 'dispute_reversal', n, {won_txn}, {won_txn}, NULL, CONCAT('Funds reinstated by dispute ', {dispute}), amount, 0,
			  currency, {decided_at}
			FROM fill_bookings WHERE kind = 'won'
			UNION ALL SELECT 'chargeback', n, CONCAT({dispute}, '/1'), '', NULL, CONCAT('Loss of dispute ', {dispute}), amount, 0, currency,
			  {decided_at}
			FROM fill_bookings WHERE kind = 'lost'
			UNION ALL SELECT 'payout', NULL, {payout}, {payout_txn}, CONCAT('payout/', {payout}), CONCAT('Payout ', {payout}), amount, 0,
			  currency, at
			FROM fill_payouts
			ORDER BY posted, n, object`},
		{"fill_lines", `CREATE TABLE fill_lines (
			type VARCHAR(32) NOT NULL, line INT NOT NULL, account VARCHAR(64) NOT NULL, side VARCHAR(6) NOT NULL, is_fee BOOLEAN NOT NULL,
			PRIMARY KEY (type, line)) ENGINE = InnoDB DEFAULT CHARSET ascii COLLATE ascii_bin`},
		{"fill_lines", `INSERT INTO fill_lines VALUES
			('payment', 1, 'asset:stripe_clearing', 'debit', FALSE), ('payment', 2, 'liability:unearned_revenue', 'credit', FALSE),
			('payment', 3, 'expense:stripe_fees', 'debit', TRUE), ('payment', 4, 'asset:stripe_clearing', 'credit', TRUE),
			('refund', 1, 'liability:unearned_revenue', 'debit', FALSE), ('refund', 2, 'asset:stripe_clearing', 'credit', FALSE),
			('dispute', 1, 'asset:disputed_funds', 'debit', FALSE), ('dispute', 2, 'asset:stripe_clearing', 'credit', FALSE),
			('dispute', 3, 'expense:stripe_fees', 'debit', TRUE), ('dispute', 4, 'asset:stripe_clearing', 'credit', TRUE),
			('dispute_reversal', 1, 'asset:stripe_clearing', 'debit', FALSE), ('dispute_reversal', 2, 'asset:disputed_funds', 'credit', FALSE),
			('chargeback', 1, 'expense:chargebacks', 'debit', FALSE), ('chargeback', 2, 'asset:disputed_funds', 'credit', FALSE),
			('payout', 1, 'asset:bank', 'debit', FALSE), ('payout', 2, 'asset:stripe_clearing', 'credit', FALSE)`},
	}
}

var dropScratch = []statement{
	{"scratch", "DROP TABLE IF EXISTS fill_numbers, fill_bookings, fill_payouts, fill_transactions, fill_lines"},
}

func number(n int) string { return strconv.Itoa(n) }
