package test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"farebook/internal/dev/testkit"
	"farebook/internal/wait"
)

const (
	// killBookings are made while a process is killed, at killRate a second, which both systems can take.
	killBookings = 300
	killRate     = 15
	// healTime is how long a system may take to complete what is paid.
	healTime = 90 * time.Second
)

// killPlan is when a process is killed, after the first booking.
var killPlan = map[string][]time.Duration{
	"worker": {2 * time.Second, 4 * time.Second, 6 * time.Second, 8 * time.Second, 10 * time.Second, 12 * time.Second, 14 * time.Second},
	"engine": {5 * time.Second, 12 * time.Second},
}

// killResult is what came of bookings that were made meanwhile.
type killResult struct {
	first  timings
	healed time.Duration // after the last booking; healTime for never
	lost   peerLosses
}

type peerLosses struct{ unconfirmed, unposted, postedTwice, chargedTwice, unmailed, mailedTwice int }

// killed makes bookings at a steady rate, kills a part meanwhile, and counts what is lost when the system is at rest.
func killed(p peer, part string) (r killResult) {
	tag := "kill-" + uuid.NewString()[:8]
	began := time.Now()
	var group sync.WaitGroup
	group.Go(func() {
		for _, at := range killPlan[part] {
			if wait.For(p.T.Context(), time.Until(began.Add(at))) == nil {
				p.kill[part]()
			}
		}
	})
	took := make([]time.Duration, killBookings)
	intents := make([]string, killBookings)
	for i := range killBookings {
		if wait.For(p.T.Context(), time.Until(began.Add(time.Duration(i)*time.Second/killRate))) != nil {
			break
		}
		group.Go(func() {
			var booked testkit.Booked
			booked, took[i] = p.paid(fmt.Sprintf("%s-%d@mail.example", tag, i))
			intents[i] = booked.Payment.PaymentIntentID
		})
	}
	group.Wait()
	r.first.first = took
	r.healed = p.awaitHealed(tag)
	r.lost = p.losses(tag)
	return r
}

func (p peer) awaitHealed(tag string) time.Duration {
	began := time.Now()
	ctx, cancel := context.WithTimeout(p.T.Context(), healTime)
	defer cancel()
	for p.losses(tag) != (peerLosses{}) {
		if wait.For(ctx, time.Second) != nil {
			return healTime
		}
	}
	return time.Since(began)
}

func (p peer) losses(tag string) (lost peerLosses) {
	count := func(query string) int { return p.DB.Count(p.T, query, tag+"-%") }
	lost.unconfirmed = count("SELECT COUNT(*) FROM bookings WHERE customer_email LIKE ? AND status <> 'confirmed'")
	lost.unposted, lost.postedTwice = count(p.books.unposted), count(p.books.twice)
	paid := map[string]int{}
	for _, intent := range p.Stripe.PaymentIntents() {
		if intent.Status == "succeeded" {
			paid[intent.Metadata["booking_reference"]]++
		}
	}
	for _, times := range paid {
		lost.chargedTwice += times - 1
	}
	mails := map[string]int{}
	for _, mail := range p.Mailbox.Messages() {
		if strings.HasPrefix(mail.To[0], tag) {
			mails[mail.To[0]]++
		}
	}
	lost.unmailed = killBookings - len(mails)
	for _, times := range mails {
		lost.mailedTwice += times - 1
	}
	return lost
}

func printKills(part string, ours, theirs killResult) {
	fmt.Printf("%d bookings at %d a second, while the %s is killed %d times\n", killBookings, killRate, part, len(killPlan[part]))
	printPeerHead()
	for _, percent := range []int{50, 99} {
		printPeerLine(fmt.Sprintf("first answer, p%d", percent), "ms", milliseconds(ours.first.percentile(percent)),
			milliseconds(theirs.first.percentile(percent)))
	}
	fmt.Printf("%-52s %8.0f s   %8.0f s\n", "complete after the last booking (90: never)", ours.healed.Seconds(), theirs.healed.Seconds())
	for _, row := range []struct {
		name         string
		ours, theirs int
	}{
		{"paid and not confirmed", ours.lost.unconfirmed, theirs.lost.unconfirmed},
		{"without a posting", ours.lost.unposted, theirs.lost.unposted},
		{"posted twice", ours.lost.postedTwice, theirs.lost.postedTwice},
		{"charged twice", ours.lost.chargedTwice, theirs.lost.chargedTwice},
		{"without a mail", ours.lost.unmailed, theirs.lost.unmailed},
		{"mailed twice", ours.lost.mailedTwice, theirs.lost.mailedTwice},
	} {
		fmt.Printf("%-52s %10d %12d\n", row.name, row.ours, row.theirs)
	}
	fmt.Println()
}
