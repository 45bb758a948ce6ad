package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// StoryRows bounds how many rows of each kind a story has. No booking is known to come near it.
const StoryRows = 500

// storyBookings is how many bookings of the same email address a story has.
const storyBookings = 50

// Story is what the books have about a booking, for whoever explains it to its customer. Each list has StoryRows rows at most.
type Story struct {
	Booking  Booking
	Refunds  []Refund
	Disputes []Dispute
	Emails   []Email // each with the booking
	Events   []Event // without payloads
	Requests []StoryRequest
	Audit    []AuditEntry // oldest first
	Ledger   []LedgerTransaction
	Matters  []AttentionItem // oldest first
	Steps    []AttentionStep // of the matters, oldest first
	// Others are the other bookings of the customer's email address, the newest first; MoreOthers says that there are more.
	Others     []Booking
	MoreOthers bool
	// Supplements are the further payments of a booking, oldest first.
	Supplements []Booking
}

// StoryRequest is a request about a booking that was made under an idempotency key.
type StoryRequest struct {
	Operation    string // create-booking, create-refund
	Resource     string // what was made: a reference, a refund's id
	Client       string // the client's name; empty for a key of an older release
	KeyID        string // ak_...
	AnswerStatus int    // 0 until it was answered
	CreatedAt    time.Time
}

// Story reads what the books have about a booking, by an index each. owner is whose other bookings it has; nil for those of every client.
func (s *Store) Story(ctx context.Context, known Booking, owner *Owner) (Story, error) {
	story := Story{Booking: known}
	conn := s.db.WithContext(ctx)
	for _, read := range []func() error{
		func() (err error) { story.Refunds, err = refundsOf(conn.Limit(StoryRows), known); return err },
		func() (err error) { story.Disputes, err = disputesOf(conn.Limit(StoryRows), known); return err },
		func() (err error) { story.Emails, err = storyEmails(conn, known); return err },
		func() (err error) { story.Requests, err = requestsOf(conn, known.ID); return err },
		func() (err error) { story.Ledger, err = journal.FirstOfBooking(conn, known.ID, StoryRows); return err },
		func() (err error) {
			story.Audit, err = s.AuditLog(ctx, AuditFilter{BookingID: known.ID, Limit: StoryRows})
			slices.Reverse(story.Audit)
			return err
		},
		func() (err error) {
			story.Matters, err = s.AttentionItems(ctx, AttentionFilter{Reference: known.Reference, State: AttentionAll, Limit: StoryRows})
			slices.Reverse(story.Matters)
			return err
		},
		func() (err error) { story.Steps, err = storySteps(conn, story.Matters); return err },
		func() error { return story.readOthers(ctx, s, owner) },
		func() (err error) { story.Supplements, err = s.SupplementsOf(ctx, known); return err },
	} {
		if err := read(); err != nil {
			return Story{}, err
		}
	}
	var err error
	story.Events, err = storyEvents(conn, story.stripeObjects(), string(known.Reference))
	return story, err
}

// storyEvents reads the events that name the booking, and those about its objects that do not.
func storyEvents(conn *gorm.DB, objects []string, reference string) ([]Event, error) {
	through := func(index string) *gorm.DB {
		return conn.Model(&eventRow{}).Table("stripe_events FORCE INDEX (" + index + ")").Omit("payload")
	}
	reads := []*gorm.DB{through("idx_events_reference").Where("booking_reference = ?", reference)}
	if len(objects) > 0 {
		reads = append(reads, through("idx_events_object").Where("object_id IN ? AND booking_reference <> ?", objects, reference))
	}
	var rows []eventRow
	err := db.Merge(conn, "id", StoryRows, reads).Find(&rows).Error
	return eventsOf(rows), err
}

func storyEmails(conn *gorm.DB, known Booking) ([]Email, error) {
	emails, err := emailsOf(conn.Joins("Imported").Limit(StoryRows), known.ID)
	for i := range emails {
		emails[i].Booking = known
	}
	return emails, err
}

func storySteps(conn *gorm.DB, matters []AttentionItem) ([]AttentionStep, error) {
	ids := make([]uint64, len(matters))
	for i, matter := range matters {
		ids[i] = matter.ID
	}
	return attentionSteps(conn, ids, StoryRows)
}

func requestsOf(conn *gorm.DB, bookingID uint64) ([]StoryRequest, error) {
	var rows []struct {
		Operation, Resource string
		Client, KeyID       *string
		AnswerStatus        *int
		CreatedAt           time.Time
	}
	through := func(index string) *gorm.DB {
		return conn.Table("idempotency_keys i FORCE INDEX (" + index + ")").
			Select("i.id, i.operation, i.resource, c.name AS client, k.key_id, i.answer_status, i.created_at").
			Joins("LEFT JOIN api_keys k ON k.id = i.api_key_id").Joins("LEFT JOIN api_clients c ON c.id = COALESCE(i.client_id, k.client_id)")
	}
	reads := []*gorm.DB{
		through("fk_idempotency_booking").Where("i.booking_id = ?", bookingID),
		through("idx_idempotency_about").Where("i.about_booking_id = ?", bookingID),
	}
	err := db.Merge(conn, "id", StoryRows, reads).Scan(&rows).Error
	requests := make([]StoryRequest, len(rows))
	for i, row := range rows {
		requests[i] = StoryRequest{
			Operation: row.Operation, Resource: row.Resource, Client: db.OrEmpty(row.Client), KeyID: db.OrEmpty(row.KeyID), CreatedAt: row.CreatedAt,
		}
		if row.AnswerStatus != nil {
			requests[i].AnswerStatus = *row.AnswerStatus
		}
	}
	return requests, err
}

// readOthers reads the bookings of the same address. A booking that was rebuilt from Stripe has none until its request is repeated, and one
// whose traveller was erased has none: all of those have one address.
func (s *Story) readOthers(ctx context.Context, books *Store, owner *Owner) error {
	if s.Booking.Customer.Email == "" || s.Booking.ErasedAt != nil {
		return nil
	}
	page, err := books.ListBookings(ctx, ListFilter{Owner: owner, Email: s.Booking.Customer.Email}, Page{Limit: storyBookings})
	s.Others = slices.DeleteFunc(page.Rows, func(b Booking) bool {
		return b.ID == s.Booking.ID || b.Supplement != nil && b.Supplement.Of == s.Booking.Reference
	})
	s.MoreOthers = page.Next != nil
	return err
}

// stripeObjects are the ids by which Stripe's events name the booking's objects.
func (s *Story) stripeObjects() (ids []string) {
	if p := s.Booking.Payment; p != nil {
		ids = append(ids, p.PaymentIntentID)
		if p.ChargeID != "" {
			ids = append(ids, p.ChargeID)
		}
	}
	for _, refund := range s.Refunds {
		if refund.StripeRefundID != "" {
			ids = append(ids, refund.StripeRefundID)
		}
	}
	for _, dispute := range s.Disputes {
		ids = append(ids, dispute.ID)
	}
	return ids
}
