package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/store"
)

// step adds a step of somebody to a matter.
func (b books) step(matter uint64, kind store.AttentionStepKind, by access.Actor, change func(*store.NewAttentionStep)) error {
	step := store.NewAttentionStep{Matter: matter, Kind: kind, Code: access.NewStepCode(), By: by}
	if change != nil {
		change(&step)
	}
	return b.Store.AddAttentionStep(b.t.Context(), step)
}

var (
	dana = access.Actor{ClientID: 11, KeyID: 21, Name: "Dana Haddad (console ak_1)"}
	omar = access.Actor{ClientID: 12, KeyID: 22, Name: "Omar Aziz (console ak_2)"}
	over = func(s *store.NewAttentionStep) { s.Over = true }
)

// A matter has one holder, whom everybody sees; somebody else takes it over by saying so, and gives back only what is theirs.
func TestAMatterIsTakenByOnePerson(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.otherPayment(b.paidBooking(), "succeeded", 45900)
	id := b.openAttention()[store.AttentionOtherPayment].ID
	progress := func() store.AttentionProgress {
		item, err := b.Store.AttentionItem(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, item, b.openAttention()[store.AttentionOtherPayment], "the list says the same")
		return item.Progress
	}
	require.Empty(t, progress().Holder.Name)
	require.NoError(t, b.step(id, store.AttentionGivenBack, dana, nil), "nobody has it: nothing changes")
	for range 2 {
		require.NoError(t, b.step(id, store.AttentionTaken, dana, nil))
	}
	require.Equal(t, dana.Name, progress().Holder.Name)
	require.NotZero(t, progress().TakenAt)
	var taken *store.AttentionTakenError
	require.ErrorAs(t, b.step(id, store.AttentionTaken, omar, nil), &taken)
	require.Equal(t, dana.Name, taken.By)
	require.ErrorAs(t, b.step(id, store.AttentionGivenBack, omar, nil), &taken)
	require.NoError(t, b.step(id, store.AttentionTaken, omar, over))
	require.True(t, progress().Holder.Is(omar))
	require.ErrorAs(t, b.step(id, store.AttentionGivenBack, dana, nil), &taken)
	require.NoError(t, b.step(id, store.AttentionGivenBack, omar, nil))
	require.Empty(t, progress().Holder.Name)
	require.Equal(t, "take take give-back", b.Text(t, "SELECT GROUP_CONCAT(kind ORDER BY id SEPARATOR ' ') FROM attention_steps"))
	require.Equal(t, 3, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action LIKE 'attention.%' AND booking_id IS NOT NULL"))
	require.ErrorIs(t, b.step(999, store.AttentionTaken, dana, nil), store.ErrNotFound)
}

// Of twenty who take a matter at once, one has it, and the errors of the others name who.
func TestOneOfManyTakesAMatter(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.otherPayment(b.paidBooking(), "succeeded", 45900)
	id := b.openAttention()[store.AttentionOtherPayment].ID
	errs := make([]error, 20)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			errs[i] = b.step(id, store.AttentionTaken, access.Actor{Name: fmt.Sprintf("somebody%d@desk", i)}, nil)
		})
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		var taken *store.AttentionTakenError
		if err == nil {
			won++
		} else {
			require.ErrorAs(t, err, &taken)
		}
	}
	require.Equal(t, 1, won)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM attention_steps"))
}

// A comment is kept once for each code, with its person and its time, on an open matter and on a closed one; a closed one is not taken.
// The story of the booking has it.
func TestCommentsAreKeptOnceAndForGood(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	b.otherPayment(reference, "succeeded", 45900)
	id := b.openAttention()[store.AttentionOtherPayment].ID
	say := func(code, text string) error {
		return b.step(id, store.AttentionComment, dana, func(s *store.NewAttentionStep) { s.Code, s.Text = code, text })
	}
	for range 3 {
		require.NoError(t, say("as_1", "the bank answers on Monday"))
	}
	require.NoError(t, b.Store.CloseAttention(t.Context(), id, "given back", dana, b.Store.Now()))
	require.NoError(t, say("as_2", "it has arrived"))
	var closed *store.AttentionClosedError
	require.ErrorAs(t, b.step(id, store.AttentionTaken, dana, nil), &closed)
	steps, err := b.Store.AttentionSteps(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, steps, 2)
	require.Equal(t, "the bank answers on Monday", steps[0].Text)
	require.Equal(t, dana.Name, steps[0].By.Name)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'attention.comment'"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%Monday%'"), "a comment is no detail")

	known, err := b.Store.Booking(t.Context(), reference)
	require.NoError(t, err)
	story, err := b.Store.Story(t.Context(), known, nil)
	require.NoError(t, err)
	require.Len(t, story.Steps, 2)
}

// The number of steps of a matter is bounded; it can be closed all the same.
func TestTheStepsOfAMatterAreBounded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.otherPayment(b.paidBooking(), "succeeded", 45900)
	id := b.openAttention()[store.AttentionOtherPayment].ID
	rows := make([][]any, store.MaxAttentionSteps)
	for i := range rows {
		rows[i] = []any{fmt.Sprintf("as_%d", i), id, "comment", "text", plantedAt, "dana"}
	}
	b.plant("attention_steps", "code, item_id, kind, text, at, actor", rows)
	var full *store.AttentionStepsError
	require.ErrorAs(t, b.step(id, store.AttentionComment, dana, nil), &full)
	require.NoError(t, b.step(id, store.AttentionComment, dana, func(s *store.NewAttentionStep) { s.Code = "as_7" }), "a repetition is known")
	require.NoError(t, b.Store.CloseAttention(t.Context(), id, "done", dana, b.Store.Now()))
}

// What a client's person has taken is still theirs after the client was merged into another, whose keys then are theirs.
func TestMattersFollowAMerge(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.otherPayment(b.paidBooking(), "succeeded", 45900)
	id := b.openAttention()[store.AttentionOtherPayment].ID
	from := b.Caller(t, b.NewKey(t, "from"))
	into, err := b.Store.Client(t.Context(), "test")
	require.NoError(t, err)
	merged, err := b.Store.Client(t.Context(), "from")
	require.NoError(t, err)
	holder := access.Actor{ClientID: from.ClientID, KeyID: from.KeyID, Name: "Dana Haddad"}
	require.NoError(t, b.step(id, store.AttentionTaken, holder, nil))
	_, err = b.Store.MergeClients(t.Context(), into, merged, testdb.Tester)
	require.NoError(t, err)
	holder.ClientID = into.ID
	mine, err := b.Store.AttentionItems(t.Context(), store.AttentionFilter{Held: store.AttentionHeld{By: &holder}, Limit: 10})
	require.NoError(t, err)
	require.Len(t, mine, 1)
	require.True(t, mine[0].Progress.Holder.Is(holder))
}
