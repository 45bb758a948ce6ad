package test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
)

// The commands of docs/operations.md, "First start", run as they stand there on an empty database and on a Temporal without a namespace
// or search attributes; then a booking is taken, paid and mailed. What is not as in production: the servers are no containers,
// Stripe is the stand-in and mail is taken by the mailbox, which a configuration of production refuses (APP_ENV=development).
func TestFirstStartIsFollowed(t *testing.T) {
	t.Parallel()
	server, err := devstack.StartTemporal(t.Context(), t.TempDir(), devstack.ForTests(), devstack.Headless())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	require.NoError(t, server.Lose(t.Context()), "started by the test kit, it has the search attributes")
	s := testkit.New(t, testkit.Options{Unprepared: true, TemporalAddress: server.Address()})

	var run []string
	for _, block := range firstStart(t) {
		command := strings.TrimSpace(block)
		run = append(run, command)
		switch {
		case command == "starter serve", command == "worker":
			words := strings.Fields(command)
			s.StartProcess(words[0], "", words[1:]...)
		case strings.Contains(command, "api-key create"):
			s.API.Token = lastLine(shell(s, s.Folder, block))
		case command == "starter events types":
			s.Stripe.EnableEvents(strings.Fields(shell(s, s.Folder, block))...)
		case command == "starter verify":
			bookAtFirst(s)
			require.Contains(t, shell(s, s.Folder, block), "checks hold")
		default:
			shell(s, s.Folder, block)
		}
	}
	require.Equal(t, []string{"starter migrate", "starter setup"}, run[:2])
	for _, command := range []string{"starter serve", "worker", "starter events types", "starter verify"} {
		require.Contains(t, run, command)
	}
}

// firstStart are the commands of the section, block by block.
func firstStart(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), "\n## First start\n")
	require.True(t, found)
	section, _, _ := strings.Cut(after, "\n## ")
	return guide{t, section}.blocks("sh")
}

// bookAtFirst waits for the API and takes a booking to its confirmation.
func bookAtFirst(s *testkit.Stack) {
	s.T.Helper()
	s.Eventually(s.API.Ready, "the API did not become ready; it logged:\n%s", s.Logs)
	booked := s.Book("first", testkit.BookingBody(nil))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.DB.Open(s.T)
	s.AwaitQuiet()
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequirePromises()
}

func lastLine(text string) string {
	lines := slices.Collect(strings.Lines(strings.TrimSpace(text)))
	return strings.TrimSpace(lines[len(lines)-1])
}
