package storm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"farebook/internal/wait"
)

// Options of a run.
type Options struct {
	Plan       Plan
	Schedule   []Fault // drawn from Plan, or a part of that
	Travellers int
	Disk       Disk
	Node       Node
	Dir        string // of data, logs and journal; what an earlier run has left there is removed
	Progress   io.Writer
}

// Result is what a run has come to.
type Result struct {
	Findings

	Played     map[string]int    // faults by kind
	Missed     map[string]int    // faults that found nothing to break, by kind
	LeftOut    map[string]string // why a kind of the schedule was not played
	DiskEnds   int64             // of MariaDB, for want of space
	PointsHit  []string          // the failpoints at which a process has died
	Deaths     int               // of processes, deployments included
	Proofs     int               // of the books during the storm
	Bookings   int               // acknowledged, further payments included
	Answers    int               // acknowledged
	TypeScript int               // of them, to the client for TypeScript
	Unanswered int               // requests whose clients gave up
	Quiet      time.Duration     // from the end of the faults to rest
	Violations []string
	Before     []Fault // the last faults before the first violation that was noticed during the storm, or of the schedule
}

// patienceAfter is how long clients repeat what has no answer, once the storm is over.
const patienceAfter = 2 * time.Minute

// Run plays a schedule on a new system and checks it. An error says that it could not be run or checked; broken promises are in the result.
func Run(ctx context.Context, o Options) (result Result, err error) {
	s, err := Start(ctx, o.Dir, o.Disk, o.Node, o.Progress)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	defer func() { s.sum(&result) }() // also of a run that could not be ended
	o.Schedule, result.LeftOut = s.able(o.Schedule)
	say(o.Progress, "the storm begins: %d faults in %s, %d travellers, logs in %s", len(o.Schedule), o.Plan.Long, o.Travellers, o.Dir)
	if o.Node.Why != "" {
		result.LeftOut["travellers with the client for TypeScript"] = o.Node.Why
	}
	result.Played, result.Missed = map[string]int{}, map[string]int{}
	s.rage(ctx, o, &result)

	say(o.Progress, "the storm is over; every fault heals")
	began := time.Now()
	if err := s.heal(ctx); err != nil {
		return result, err
	}
	if err := s.quiet(ctx); err != nil {
		if ctx.Err() != nil {
			return result, err
		}
		s.violated("promise 14: %v", err)
	}
	result.Quiet = time.Since(began)
	say(o.Progress, "at rest after %s; the promises are checked", result.Quiet.Round(time.Second))
	result.Findings, err = s.Check(ctx)
	if len(result.Before) == 0 {
		result.Before = o.Schedule[max(0, len(o.Schedule)-10):]
	}
	return result, err
}

// able leaves out the faults of kinds that this system cannot play, and says why.
func (s *System) able(schedule []Fault) (faults []Fault, leftOut map[string]string) {
	leftOut = map[string]string{}
	for _, fault := range schedule {
		one := kindNamed(fault.Kind)
		if one.without != nil && one.without(s) != "" {
			leftOut[one.name] = one.without(s)
			continue
		}
		faults = append(faults, fault)
	}
	return faults, leftOut
}

// sum adds up what the journal and the processes have.
func (s *System) sum(result *Result) {
	answers, unanswered := s.Journal.Answers()
	for _, answer := range answers {
		if isBooking(answer) {
			result.Bookings++
		}
		if strings.HasPrefix(answer.Actor, typeScript) {
			result.TypeScript++
		}
	}
	result.DiskEnds = s.servers.endedWhenFull.Load()
	result.Answers, result.Unanswered = len(answers), unanswered
	result.PointsHit, result.Deaths, result.Violations = s.pointsHit(), s.deaths(), s.Violations()
}

// rage has everybody act and every fault happen, and returns when all have ended.
func (s *System) rage(ctx context.Context, o Options, result *Result) {
	storm, end := context.WithTimeout(ctx, o.Plan.Long)
	defer end()
	patience, enough := context.WithTimeout(ctx, o.Plan.Long+patienceAfter)
	defer enough()
	var actors sync.WaitGroup
	for number := range o.Travellers {
		actors.Go(func() { newTraveller(patience, s, o.Plan.Seed, number).live(storm) })
	}
	actors.Go(func() { s.workAsStaff(patience, storm, o.Plan.Seed) })
	actors.Go(func() { s.whims(storm, o.Plan.Seed) })
	actors.Go(func() { result.Proofs = s.watch(storm) })
	s.play(storm, o, result)
	<-storm.Done()
	// The faults have ended; what clients still ask for is answered by a system that heals.
	_ = s.heal(ctx) // again by the caller, who reports its error
	actors.Wait()
	s.giveUpUnpaid(patience)
}

// giveUpUnpaid has travellers cancel what they have not paid once the storm is over, so that rest need not wait for holds, some of
// which end during the storm.
func (s *System) giveUpUnpaid(patience context.Context) {
	answers, _ := s.Journal.Answers()
	var asking sync.WaitGroup
	defer asking.Wait()
	for _, answer := range answers {
		var made booked
		if answer.Path != "/v1/bookings" || !isBooking(answer) || json.Unmarshal(answer.Body, &made) != nil {
			continue
		}
		if s.isUnpaid(patience, made.Reference) {
			asking.Go(func() {
				s.ask(patience, answer.Actor, "/v1/bookings/"+made.Reference+"/cancel", "give-up-"+made.Reference, nil)
			})
		}
	}
}

// isUnpaid reports whether a booking still waits for a payment that is not under way.
func (s *System) isUnpaid(ctx context.Context, reference string) bool {
	var unpaid bool
	err := s.Root.QueryRowContext(ctx, `SELECT b.status = 'pending_payment' AND COALESCE(p.status, '') NOT IN ('processing', 'authorized')
		FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id WHERE b.reference = ?`, reference).Scan(&unpaid)
	return err == nil && unpaid // otherwise its hold ends it
}

// Calm has travellers book for a while and the staff post a journal without any fault, and waits until the system is at rest.
func (s *System) Calm(ctx context.Context, long time.Duration) error {
	calm, end := context.WithTimeout(ctx, long)
	defer end()
	var travellers sync.WaitGroup
	for number := range 4 {
		travellers.Go(func() { newTraveller(ctx, s, 1, number).live(calm) })
	}
	newStaff(ctx, s, 1).postJournal()
	travellers.Wait()
	return s.quiet(ctx)
}

// play has each fault happen at its time, and returns when the last one has ended.
func (s *System) play(storm context.Context, o Options, result *Result) {
	began := time.Now()
	var mu sync.Mutex
	var playing sync.WaitGroup
	for i, fault := range o.Schedule {
		if wait.For(storm, fault.At-time.Since(began)) != nil {
			break
		}
		say(o.Progress, "%s", fault)
		playing.Go(func() {
			err := kindNamed(fault.Kind).play(storm, s, fault)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				result.Missed[fault.Kind]++
				say(o.Progress, "         #%d missed: %v", fault.Number, err)
				return
			}
			result.Played[fault.Kind]++
		})
		if len(result.Before) == 0 && len(s.Violations()) > 0 {
			result.Before = o.Schedule[max(0, i-9) : i+1]
		}
	}
	playing.Wait()
}

func say(out io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format+"\n", args...) // progress is for whoever watches
}
