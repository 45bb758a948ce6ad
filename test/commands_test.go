package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/internal/exitcode"
	"farebook/starter/command"
)

// starter runs the command line as main does, with a stack's configuration.
func starter(s *testkit.Stack, args ...string) (string, error) {
	s.T.Helper()
	root := command.Root()
	var out, log bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&log)
	root.SetArgs(args)
	err := root.ExecuteContext(s.T.Context())
	require.NotContains(s.T, log.String()+out.String(), testkit.StripeKey)
	return out.String(), err
}

// starterWith runs the built command in its own process, as tests that run beside others have to: it reads the
// process's environment. It runs it again while a part of a busy machine does not answer in time.
func starterWith(s *testkit.Stack, args ...string) (out string, err error) {
	s.T.Helper()
	untilAnswered(s, func() error {
		out, err = starterOnce(s, args...)
		return err
	})
	return out, err
}

// soonestOutage is less than any command waits for a part that does not answer: an outage that is reported sooner has another cause.
const soonestOutage = 2 * time.Second

// untilAnswered runs a command again, as an operator does whom its exit code tells that a part was not reached and that repeating it may
// help.
func untilAnswered(s *testkit.Stack, run func() error) {
	s.T.Helper()
	for end := time.Now().Add(testkit.Patience); ; {
		began := time.Now()
		var exit *exec.ExitError
		outage := errors.As(run(), &exit) && exit.ExitCode() == exitcode.Outage && time.Since(began) >= soonestOutage
		if !outage || time.Now().After(end) {
			return
		}
	}
}

// starterOnce is starterWith for who wants to know of an outage.
func starterOnce(s *testkit.Stack, args ...string) (string, error) {
	s.T.Helper()
	command := s.StarterCommand(args...)
	var out, log bytes.Buffer
	command.Stdout, command.Stderr = &out, &log
	err := command.Run()
	if err != nil {
		err = errors.Join(err, errors.New(log.String()))
	}
	return out.String(), err
}

func jsonOf(text string, out any) error { return json.Unmarshal([]byte(text), out) }

// What an operator does at a terminal, on a system that lives. Not parallel: commands read the process's environment.
func TestOperatorsCommands(t *testing.T) {
	s := testkit.New(t, testkit.Options{})
	for _, pair := range s.Environment() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	booked := s.BookAndPay("operator", nil)
	s.AwaitQuiet()

	out, err := starter(s, "verify")
	require.NoError(t, err, out)
	require.Contains(t, out, "the clearing account equals Stripe's balance")
	require.Contains(t, out, "every workflow ends or is visibly waiting")

	out, err = starter(s, "events", "list", "--booking", booked.Reference, "--type", "payment_intent.succeeded")
	require.NoError(t, err)
	event := strings.Fields(strings.Split(out, "\n")[1])[0]
	require.True(t, strings.HasPrefix(event, "evt_"), out)
	out, err = starter(s, "events", "show", event)
	require.NoError(t, err)
	require.Contains(t, out, `"state": "processed"`)
	require.NotContains(t, out, "payload")
	before := s.LedgerDigest()
	_, err = starter(s, "events", "retry", event)
	require.NoError(t, err)
	s.AwaitQuiet()
	require.Equal(t, before, s.LedgerDigest())

	out, err = starter(s, "emails", "list", booked.Reference)
	require.NoError(t, err)
	number := strings.Fields(strings.Split(out, "\n")[1])[0]
	out, err = starter(s, "emails", "resend", number)
	require.NoError(t, err)
	require.Contains(t, out, "Sending email "+number+" again")
	s.Eventually(func() bool { return len(s.Mails(booked.Reference)) == 2 }, "the mail did not come again")
	again := "SendMail:" + s.DB.Text(t, "SELECT MAX(id) FROM emails")
	s.AwaitRunEnd(again)
	s.SaveRun(again, "send_mail")
	s.RequirePromises()

	out, err = starter(s, "evidence", booked.Reference)
	require.NoError(t, err)
	var bundle map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &bundle))
	require.Equal(t, booked.Reference, bundle["reference"])

	requireRefusals(t, s, booked.Reference)

	// While Stripe is away, what can be checked is.
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance", Kind: fakestripe.FaultRateLimit, Count: 1000})
	out, err = starter(s, "verify")
	require.ErrorContains(t, err, "retrieve balance failed: busy, HTTP 429")
	require.NotErrorIs(t, err, command.ErrBroken)
	require.Contains(t, out, "debits equal credits")
	require.Contains(t, out, "every workflow ends or is visibly waiting")
	require.Contains(t, out, "Other checks could not be made")
	require.NotContains(t, out, "the clearing account equals Stripe's balance")
	s.Stripe.Faults().Clear()

	// A difference that stays is seen: somebody moves money past us.
	id := s.ForeignPayment(777)
	require.NotEmpty(t, id)
	out, err = starter(s, "verify")
	require.ErrorIs(t, err, command.ErrBroken)
	require.Regexp(t, `USD: \$[0-9.]+ here, \$[0-9.]+ at Stripe`, out)
}

func requireRefusals(t *testing.T, s *testkit.Stack, reference string) {
	t.Helper()
	for says, args := range map[string][]string{
		"the inbox has no event":    {"events", "show", "evt_none"},
		"must be received":          {"events", "list", "--state", "lost"},
		"--limit":                   {"events", "list", "--limit", "-1"},
		"--booking":                 {"events", "list", "--booking", "1=1"},
		"events needs a subcommand": {"events", "remove"},
		"no booking has":            {"emails", "list", "FB-00000000"},
		"no email has the number":   {"emails", "resend", strconv.Itoa(1 << 40)},
		"invalid email":             {"emails", "resend", "all"},
		"is not a booking":          {"evidence", strings.ToLower(reference)},
		"accepts 1 arg(s)":          {"evidence"},
		"unknown flag: --everyone":  {"emails", "list", "--everyone"},
	} {
		_, err := starter(s, args...)
		require.ErrorContains(t, err, says, "%v", args)
	}
	answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+reference, "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.Status)
}
