package proof

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"farebook/internal/failpoint"
	"farebook/ledger/seal"
)

// Options of a proof over whole tables.
type Options struct {
	// Restart begins at the start of the tables, although an interrupted proof could be continued.
	Restart bool
	// Progress, if it is set, is called after each range that was recorded; never by two at once.
	Progress func(Progress)
}

// RunningError says that another process is at the proof that would be continued.
type RunningError struct{ StartedAt time.Time }

func (e *RunningError) Error() string {
	return fmt.Sprintf("another process is proving the whole books since %s: wait until it ends, or begin another proof with --restart",
		e.StartedAt.UTC().Format(time.RFC3339))
}

// wholeSubjects are the tables that a whole proof reads in ranges, two at a time.
var wholeSubjects = []subject{ofBookings, ofLedger, ofSeals, ofKeys, ofDisputes, ofPayouts}

// Whole proves the promises over the whole tables, in ranges of ids. How far it is, is recorded after each range: a proof that was
// interrupted, or whose process has died, continues there. A range that was read and not recorded is read again.
// Error: ReadOnlyError.
func (p *Prover) Whole(ctx context.Context, o Options) (Result, error) {
	readOnly, err := p.db.ReadOnly(ctx)
	if err == nil && readOnly {
		err = ReadOnlyError{}
	}
	if err != nil {
		return Result{}, err
	}
	row, err := p.unfinished(ctx, o.Restart)
	if err != nil {
		return Result{}, err
	}
	var found []finding
	err = p.locked(ctx, row, func() error {
		found, err = p.wholeFound(ctx, row, o)
		if err != nil {
			return err
		}
		return p.finish(ctx, row, len(found) == 0)
	})
	return Result{Whole: true, StartedAt: row.StartedAt, Promises: judge(found)}, err
}

// unfinished is the proof to continue, or a new one.
func (p *Prover) unfinished(ctx context.Context, restart bool) (proofRow, error) {
	if !restart {
		last, found, err := newest(p.db.WithContext(ctx).Where("scope = ?", scopeWhole))
		if err != nil {
			return proofRow{}, err
		}
		if found && last.FinishedAt == nil && string(last.PromisesSha256) == string(digestOfPromises()) {
			return last, nil
		}
	}
	row, err := p.begun(ctx, scopeWhole)
	if err != nil {
		return row, err
	}
	ends := map[subject]uint64{ofSeals: row.SealNumber}
	for _, of := range wholeSubjects {
		if of == ofSeals {
			continue
		}
		if ends[of], err = p.scalar(ctx, "SELECT COALESCE(MAX(id), 0) FROM "+string(of)); err != nil {
			return row, err
		}
	}
	return row, p.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row.ID = 0 // of an attempt that was rolled back
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		parts := make([]partRow, len(wholeSubjects))
		for i, of := range wholeSubjects {
			parts[i] = partRow{ProofID: row.ID, Subject: of, ToID: ends[of], Findings: []finding{}, Sums: seal.Sums{}}
		}
		return tx.Create(&parts).Error
	})
}

// locked runs work while it holds the proof's lock at the server, which ends with its connection.
func (p *Prover) locked(ctx context.Context, row proofRow, work func() error) error {
	return p.db.WithContext(ctx).Connection(func(conn *gorm.DB) error {
		conn = conn.Session(&gorm.Session{NewDB: true, Context: ctx})
		var got int
		err := conn.Raw("SELECT COALESCE(GET_LOCK(LEFT(CONCAT('farebook_proof_', ?, '_', DATABASE()), 64), 0), 0)", row.ID).Scan(&got).Error
		if err != nil {
			return err
		}
		if got == 0 {
			return &RunningError{row.StartedAt}
		}
		err = work()
		release := conn.WithContext(context.WithoutCancel(ctx)).
			Exec("DO RELEASE_LOCK(LEFT(CONCAT('farebook_proof_', ?, '_', DATABASE()), 64))", row.ID)
		return errors.Join(err, release.Error)
	})
}

// wholeFound reads what is left of the tables, and then the states.
func (p *Prover) wholeFound(ctx context.Context, row proofRow, o Options) ([]finding, error) {
	parts, err := p.parts(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	meter := newMeter(parts, o.Progress)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(rangesAtOnce)
	for i := range parts {
		group.Go(func() error { return p.readPart(running, row, &parts[i], meter) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found, err := p.states(ctx, false)
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		found = append(found, part.Findings...)
		if part.Subject == ofLedger {
			found = append(found, compareSums(row, part)...)
		}
	}
	months, err := p.closedMonths(ctx, true)
	if err != nil {
		return nil, err
	}
	unsealed, err := p.unsealed(ctx)
	return append(append(found, months...), unsealed...), err
}

// readPart reads a table from where it was left, range by range.
func (p *Prover) readPart(ctx context.Context, row proofRow, part *partRow, meter *meter) error {
	for part.DoneTo < part.ToID {
		from := part.DoneTo
		next, err := p.nextRange(ctx, *part)
		if err != nil {
			return err
		}
		if err := p.readRange(ctx, row, part, next); err != nil {
			return err
		}
		part.DoneTo = next.to
		failpoint.Hit("proof-before-range-recorded")
		if err := p.record(ctx, *part, from); err != nil {
			return err
		}
		failpoint.Hit("proof-after-range-recorded")
		meter.moved(*part)
	}
	return nil
}

// nextRange is the range that follows what was read, with rangeRows rows at most.
func (p *Prover) nextRange(ctx context.Context, part partRow) (idRange, error) {
	next := idRange{part.DoneTo + 1, part.ToID}
	if part.Subject == ofSeals {
		next.to = next.from // one seal covers as many transactions as a statement may
		return next, nil
	}
	ids, err := p.ids(ctx, "SELECT id FROM "+string(part.Subject)+" WHERE id > ? AND id <= ? ORDER BY id LIMIT 1 OFFSET ?", part.DoneTo,
		part.ToID, rangeRows-1)
	if err == nil && len(ids) > 0 {
		next.to = ids[0]
	}
	return next, err
}

// readRange runs each check of the part's subject over a range.
func (p *Prover) readRange(ctx context.Context, row proofRow, part *partRow, next idRange) error {
	if part.Subject == ofSeals {
		found, err := p.checkSeal(ctx, next.to)
		part.Findings = append(part.Findings, found...)
		return err
	}
	for _, c := range checks {
		if c.of != part.Subject {
			continue
		}
		found, err := p.run(ctx, c, next)
		if err != nil {
			return err
		}
		if found.Rows > 0 {
			found.From, found.To = next.from, next.to
			part.add(found)
		}
	}
	if part.Subject == ofLedger {
		return p.addSums(ctx, row, part, next)
	}
	return nil
}

// meter adds up the progress of the parts.
type meter struct {
	mutex  sync.Mutex
	report func(Progress)
	done   map[subject]uint64
	all    uint64
}

// sealWeight is how many ids of other tables weigh as much as a seal, which covers so many transactions at most.
const sealWeight = 10_000

func weight(part partRow, n uint64) uint64 {
	if part.Subject == ofSeals {
		return n * sealWeight
	}
	return n
}

func newMeter(parts []partRow, report func(Progress)) *meter {
	m := &meter{report: report, done: map[subject]uint64{}}
	for _, part := range parts {
		m.done[part.Subject] = weight(part, part.DoneTo)
		m.all += weight(part, part.ToID)
	}
	return m
}

func (m *meter) moved(part partRow) {
	if m.report == nil {
		return
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.done[part.Subject] = weight(part, part.DoneTo)
	sum := uint64(0)
	for _, done := range m.done {
		sum += done
	}
	m.report(Progress{Share: float64(sum) / float64(max(m.all, 1)), Subject: string(part.Subject), DoneTo: part.DoneTo})
}
