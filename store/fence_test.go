package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"farebook/access"
	"farebook/notice"
	"farebook/store"
)

var operator = access.Actor{Name: "alice@bastion"}

func (b books) raiseFence() store.Fence {
	b.t.Helper()
	fence, _, err := b.Store.RaiseFence(b.t.Context(), store.NewFence{Reason: "restored from a backup", By: operator, Now: time.Now().UTC()})
	require.NoError(b.t, err)
	return fence
}

func (b books) lowerFence() {
	b.t.Helper()
	_, err := b.Store.LowerFence(b.t.Context(), "the books have it all", operator, time.Now().UTC())
	require.NoError(b.t, err)
}

// Of many processes that raise a fence at once, one does; the others find it up. Once it is lowered, the next one is another.
func TestOneFenceIsUpAtATime(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	fence, err := b.Store.Fence(t.Context())
	require.NoError(t, err)
	require.Nil(t, fence)
	var raising errgroup.Group
	for range 10 {
		raising.Go(func() error {
			up, _, err := b.Store.RaiseFence(t.Context(), store.NewFence{Reason: "noticed", Evidence: "pi_1", By: operator, Now: time.Now().UTC()})
			if err == nil && up.Reason != "noticed" {
				t.Errorf("fence %+v", up)
			}
			return err
		})
	}
	require.NoError(t, raising.Wait())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM fences"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'fence.raise' AND detail = 'pi_1'"))
	b.lowerFence()
	_, err = b.Store.LowerFence(t.Context(), "again", operator, time.Now().UTC())
	require.ErrorIs(t, err, store.ErrNotFound)
	require.EqualValues(t, 2, min(2, b.raiseFence().ID))
	fences, err := b.Store.Fences(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, fences, 2)
	require.Nil(t, fences[0].LoweredAt)
	require.Equal(t, "the books have it all", fences[1].Note)
}

// Emails that were queued before a fence, or are written while it is up, are not sent until an operator decides: they may have been
// sent before the database was restored.
func TestFenceHoldsEmails(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	queued := b.email()
	b.raiseFence()
	b.requireEmail(queued, store.EmailHeld, 0)
	now := time.Now().UTC()
	_, claimed, err := b.Store.ClaimEmail(t.Context(), queued, now, now.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, claimed)
	reference := b.paidBooking()
	confirmation := uint64(b.Count(t, "SELECT MAX(id) FROM emails WHERE kind = 'booking_confirmed'"))
	b.requireEmail(confirmation, store.EmailHeld, 0)

	release := store.HeldDecision{Note: "not sent", By: operator, Now: now}
	_, err = b.Store.ReleaseEmails(t.Context(), release)
	var up *store.FenceUpError
	require.ErrorAs(t, err, &up)
	held, err := b.Store.HeldEmails(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, held, 2)
	require.EqualValues(t, reference, held[1].Reference)

	b.lowerFence()
	require.Equal(t, []string{"no email is held for an operator's decision"}, b.broken())
	release.IDs = []uint64{confirmation}
	released, err := b.Store.ReleaseEmails(t.Context(), release)
	require.NoError(t, err)
	require.EqualValues(t, 1, released)
	b.requireEmail(confirmation, store.EmailQueued, 0)
	dropped, err := b.Store.DropEmails(t.Context(), store.HeldDecision{Note: "seen in the server's log", By: operator, Now: now})
	require.NoError(t, err)
	require.EqualValues(t, 1, dropped)
	b.requireEmail(queued, store.EmailSuppressed, 0)
	require.Empty(t, b.broken())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'email.drop' AND detail = '1 held'"))
}

// A transaction that began before a fence may write a queued email while it is up. Nobody sends that email, and it is held once the fence
// is lowered.
func TestFenceStopsAnEmailThatWasNotHeld(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	id := b.email()
	b.raiseFence()
	b.Exec(t, "UPDATE emails SET status = 'queued' WHERE id = ?", id)
	now := time.Now().UTC()
	_, claimed, err := b.Store.ClaimEmail(t.Context(), id, now, now.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, claimed)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM emails WHERE sending_until IS NOT NULL"))
	b.lowerFence()
	b.requireEmail(id, store.EmailHeld, 0)
}

// Emails to operators that are about no booking are held as well.
func TestFenceHoldsEmailsAboutNoBooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.raiseFence()
	queued, err := b.Store.QueueEmail(t.Context(), b.Clock.Now(),
		store.OperatorEmail{Kind: notice.PayoutFailed, Owner: "po_1", Occasion: "failed"})
	require.NoError(t, err)
	require.Empty(t, queued)
	require.Equal(t, "held", b.Text(t, "SELECT status FROM emails"))
}

// An email that is being sent when the fence is raised has its end recorded.
func TestFenceDoesNotForgetAnEmailUnderWay(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	id := b.email()
	now := time.Now().UTC()
	_, ok, err := b.Store.ClaimEmail(t.Context(), id, now, now.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, ok)
	b.raiseFence()
	require.NoError(t, b.Store.MarkEmailSent(t.Context(), id, "250", now))
	b.requireEmail(id, store.EmailSent, 1)
}

// broken are the texts of the promises that do not hold.
func (b books) broken() (texts []string) {
	b.t.Helper()
	for _, promise := range b.Promises(b.t) {
		if !promise.Held {
			texts = append(texts, promise.Text)
		}
	}
	return texts
}
