package test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/ledger/seal"
	"farebook/starter/evidence"
)

// bundleOf reads a booking's evidence over HTTP, to the byte.
func bundleOf(s *testkit.Stack, reference string) []byte {
	s.T.Helper()
	answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+reference+"/evidence", "", nil)
	require.NoError(s.T, err)
	require.Equal(s.T, http.StatusOK, answer.Status)
	return answer.Body
}

// document is evidence as somebody edits it.
type document map[string]any

func documentOf(t *testing.T, bundle []byte) document {
	t.Helper()
	var out document
	decoder := json.NewDecoder(bytes.NewReader(bundle))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&out))
	return out
}

func (d document) sealed() map[string]any           { return d["sealed"].(map[string]any) }
func (d document) transactions() []any              { return d.sealed()["transactions"].([]any) }
func (d document) transaction(i int) map[string]any { return d.transactions()[i].(map[string]any) }
func (d document) seals() []any                     { return d.sealed()["seals"].([]any) }
func (d document) path(i int) map[string]any        { return d.transaction(i)["path"].(map[string]any) }

func (d document) entry(i, entry int) map[string]any {
	return d.transaction(i)["entries"].([]any)[entry].(map[string]any)
}

func (d document) replaceSeal(i int, old, with string) {
	d.seals()[i] = strings.Replace(d.seals()[i].(string), old, with, 1)
}

func (d document) bytes(t *testing.T) []byte {
	t.Helper()
	out, err := json.MarshalIndent(d, "", "\t") // other white space than was signed
	require.NoError(t, err)
	return out
}

// sealedStack is a system with two bookings that were paid before the first seal. One of them was disputed before the second. Finance has
// the first seal and the third by email.
func sealedStack(t *testing.T) (s *testkit.Stack, booked, other testkit.Booked, public string) {
	t.Helper()
	private, public := keyFiles(t)
	s = testkit.New(t, testkit.Options{SealKey: private})
	s.DB.AtNoon()
	booked = s.BookAndPay("sealed", nil)
	s.AwaitQuiet()
	other = s.BookAndPay("other", nil)
	s.AwaitQuiet()
	sealByWorkflow(s)
	require.Equal(t, 1, s.FinanceMailCount("ledger_sealed"))
	_, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()

	report := evidence.Verify(bundleOf(s, booked.Reference), publicKey(t, public))
	require.True(t, report.Proven, "%v", report)
	require.Contains(t, linesOf(report), "sealed: transactions 1, under seal 1", "%v", report)
	require.Contains(t, linesOf(report), "not sealed: transaction 3 (dispute", "%v", report)

	sealByWorkflow(s)
	s.DB.Clock.Advance(24 * time.Hour)
	s.BookAndPay("later", nil)
	s.AwaitQuiet()
	sealByWorkflow(s)
	require.Equal(t, 2, s.FinanceMailCount("ledger_sealed"))
	return s, booked, other, public
}

func publicKey(t *testing.T, file string) *seal.PublicKey {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	key, err := seal.ParsePublicKey(text)
	require.NoError(t, err)
	return &key
}

func linesOf(report evidence.Report) string {
	var out strings.Builder
	for _, line := range report.Lines {
		out.WriteString(line.Label + ": " + line.Text + "\n")
	}
	return out.String()
}

// The evidence leads to the seals that finance has, and each change of it is found: by the signature over the whole, and the changes of
// what a seal covers without that signature, too.
func TestEvidenceIsVerifiedWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	s, booked, other, public := sealedStack(t)
	key := publicKey(t, public)
	bundle, others := bundleOf(s, booked.Reference), bundleOf(s, other.Reference)
	report := evidence.Verify(bundle, key)
	require.True(t, report.Proven, "%v", report)
	require.NotContains(t, linesOf(report), "not sealed")
	for _, mail := range sealMails(s) {
		digest := strings.Fields(strings.SplitN(mail.Text, "Digest: ", 2)[1])[0]
		require.Contains(t, linesOf(report), "the statement that finance has: "+digest, "the seal that finance has")
	}
	require.Contains(t, linesOf(report), "under seal 1 of")
	require.Contains(t, linesOf(report), "under seal 3 of", "seal 2 leads to seal 3")
	require.True(t, evidence.Verify(documentOf(t, bundle).bytes(t), key).Proven, "with other white space")
	require.NotContains(t, string(bundle), "sum: ", "the sums of all bookings")

	for name, c := range tamperings(documentOf(t, others)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := documentOf(t, bundle)
			c.change(changed)
			report := evidence.Verify(changed.bytes(t), key)
			require.False(t, report.Proven)
			require.NotEmpty(t, report.Broken)
			require.Contains(t, strings.Join(report.Broken, "\n"), "the signature does not fit the file")
			report = evidence.Verify(changed.bytes(t), nil)
			require.False(t, report.Proven)
			require.Contains(t, strings.Join(report.Broken, "\n"), c.says)
		})
	}
	for name, c := range forgeries(t, bundle, documentOf(t, others)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := evidence.Verify(c.document, key)
			require.False(t, report.Proven)
			require.Contains(t, strings.Join(report.Broken, "\n"), c.says)
		})
	}
}

type tampering struct {
	change func(document)
	says   string // what is broken besides the signature; empty for what only the signature covers
}

// tamperings change what Farebook has issued. The bundle has the transaction of a payment under seal 1, and that of a dispute under seal 2.
func tamperings(other document) map[string]tampering {
	return map[string]tampering{
		"amount changed": {func(d document) {
			d.entry(0, 0)["amount"] = json.Number("1")
			d["ledger"].([]any)[0].(map[string]any)["amount"] = json.Number("1")
		}, "does not lead to the root"},
		"amount changed where it is shown": {func(d document) {
			d["ledger"].([]any)[0].(map[string]any)["amount"] = json.Number("1")
		}, `the entries under "ledger" are not those`},
		"date changed": {
			func(d document) { d.transaction(0)["postedAt"] = "2020-01-01T00:00:00Z" }, "does not lead to the root",
		},
		"transaction removed": {func(d document) { d.sealed()["transactions"] = d.transactions()[1:] }, `the entries under "ledger"`},
		"transaction and its entries removed": {func(d document) {
			d["ledger"] = d["ledger"].([]any)[len(d.transaction(0)["entries"].([]any)):]
			d.sealed()["transactions"] = d.transactions()[1:]
		}, ""},
		"transaction doubled": {func(d document) {
			d.sealed()["transactions"] = slices.Insert(d.transactions(), 0, any(d.transaction(0)))
		}, "listed twice"},
		"transaction added that was never posted": {func(d document) {
			invented := maps.Clone(d.transaction(0))
			invented["id"] = json.Number("99")
			d.sealed()["transactions"] = append(d.transactions(), invented)
		}, "covers transactions 1 to 2 only"},
		"another booking's transaction added": {func(d document) {
			d.sealed()["transactions"] = append(d.transactions(), other.transaction(0))
		}, "is another booking's"},
		"hash of a path changed": {func(d document) {
			d.path(0)["hashes"].([]any)[0] = strings.Repeat("ab", 32)
		}, "does not lead to the root"},
		"path shortened": {func(d document) { d.path(0)["hashes"] = []any{} }, "does not lead to the root"},
		"path removed":   {func(d document) { delete(d.transaction(0), "path") }, "has no path to seal 1"},
		"another leaf":   {func(d document) { d.path(0)["leaf"] = json.Number("1") }, "does not lead to the root"},
		"another seal":   {func(d document) { d.transaction(0)["seal"] = json.Number("2") }, "seal 2 covers transactions"},
		"shown as not sealed": {func(d document) {
			delete(d.transaction(0), "seal")
			delete(d.transaction(0), "path")
		}, ""},
		"statement of a seal removed":      {func(d document) { d.sealed()["seals"] = d.seals()[1:] }, "no valid statement of seal 1"},
		"root changed":                     {func(d document) { d.replaceSeal(0, "root: ", "root: 0") }, "64 hexadecimal digits"},
		"number of transactions changed":   {func(d document) { d.replaceSeal(0, "transactions: 2", "transactions: 3") }, "lines above it"},
		"installation changed":             {func(d document) { d.sealed()["installation"] = "in_ANOTHER" }, "another installation"},
		"what was sold changed":            {func(d document) { d["sold"].(map[string]any)["captured"] = json.Number("1") }, ""},
		"member added that no version has": {func(d document) { d["note"] = "paid in cash" }, ""},
		"entry removed, and where it is shown": {func(d document) {
			d.transaction(0)["entries"] = d.transaction(0)["entries"].([]any)[1:]
			d["ledger"] = d["ledger"].([]any)[1:]
		}, "does not lead to the root"},
	}
}

type forgery struct {
	document []byte
	says     string
}

// forgeries are files that Farebook has not issued.
func forgeries(t *testing.T, bundle []byte, other document) map[string]forgery {
	t.Helper()
	private, _ := keyFiles(t)
	text, err := os.ReadFile(private)
	require.NoError(t, err)
	foreign, err := seal.ParseKey(text)
	require.NoError(t, err)
	var typed evidence.Bundle
	require.NoError(t, json.Unmarshal(bundle, &typed))
	require.NoError(t, typed.Sign(foreign))
	byAnother, err := json.Marshal(typed)
	require.NoError(t, err)
	algorithm := documentOf(t, bundle)
	algorithm["signature"].(map[string]any)["algorithm"] = "none"
	stripped := documentOf(t, bundle)
	delete(stripped, "signature")
	swapped := documentOf(t, bundle)
	swapped["signature"] = other["signature"]
	unsigned := documentOf(t, bundle)
	for i := range unsigned.seals() {
		unsigned.seals()[i], _ = seal.SplitSigned(unsigned.seals()[i].(string))
	}
	doubled := bytes.Replace(bundle, []byte(`{"reference"`), []byte(`{"reference":"FB-22222222","reference"`), 1)
	require.NotEqual(t, bundle, doubled)
	return map[string]forgery{
		"signed with another key":  {byAnother, "and this is key"},
		"signature stripped":       {stripped.bytes(t), "the file has no signature"},
		"another file's signature": {swapped.bytes(t), "the signature does not fit the file"},
		"another algorithm":        {algorithm.bytes(t), `algorithm is "none"`},
		"seals without signatures": {unsigned.bytes(t), "which is not signed"},
		"a member twice":           {doubled, "has a member twice"},
		"cut in the middle":        {bundle[:len(bundle)/2], "not complete JSON"},
		"cut by a byte":            {bytes.TrimSpace(bundle)[:len(bytes.TrimSpace(bundle))-1], "not complete JSON"},
		"empty":                    {nil, "not complete JSON"},
		"another document":         {[]byte(`[]`), "not an evidence bundle"},
	}
}

// The command prints what holds, and exits with 1 unless all of it was proven. It needs no configuration.
func TestEvidenceCommands(t *testing.T) {
	t.Parallel()
	private, public := keyFiles(t)
	s := testkit.New(t, testkit.Options{SealKey: private})
	booked := s.BookAndPay("sealed", nil)
	s.AwaitQuiet()
	sealByWorkflow(s)
	bundle, err := starterWith(s, "evidence", booked.Reference)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "evidence.json")
	require.NoError(t, os.WriteFile(file, []byte(bundle), 0o600))
	verify := func(args ...string) (string, error) {
		command := s.StarterCommand(append([]string{"evidence", "verify", file}, args...)...)
		command.Env = []string{"PATH=" + os.Getenv("PATH")}
		out, err := command.Output()
		return string(out), err
	}
	said, err := verify("--public-key", public)
	require.NoError(t, err, said)
	require.Contains(t, said, "the file is as it was signed")
	said, err = verify()
	require.ErrorContains(t, err, "exit status 1")
	require.Contains(t, said, "consistent, and not proven")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(bundle, `"captured": `, `"captured": 1`, 1)), 0o600))
	said, err = verify("--public-key", public)
	require.ErrorContains(t, err, "exit status 1")
	require.Contains(t, said, "BROKEN")
	require.Contains(t, said, "do not rely on it")
	require.NoError(t, os.WriteFile(file, throughOlderSeal(t, bundle, private), 0o600))
	said, err = verify("--public-key", public)
	require.ErrorContains(t, err, "exit status 1")
	require.NotContains(t, said, "BROKEN")
	require.Contains(t, said, "not proven: not every sealed transaction leads to a signed seal")
	_, err = verify("--public-key", private)
	require.ErrorContains(t, err, "exit status 2")
}

// throughOlderSeal is the evidence that is collected after an older release, which runs beside this one, has made the seal after that of
// the bundle, and before finance has received another.
func throughOlderSeal(t *testing.T, bundle, private string) []byte {
	t.Helper()
	text, err := os.ReadFile(private)
	require.NoError(t, err)
	key, err := seal.ParseKey(text)
	require.NoError(t, err)
	var typed evidence.Bundle
	require.NoError(t, json.Unmarshal([]byte(bundle), &typed))
	require.Len(t, typed.Sealed.Seals, 1)
	statement, signed := seal.SplitSigned(typed.Sealed.Seals[0])
	require.True(t, signed)
	own, _, err := seal.ParseStatement(statement)
	require.NoError(t, err)
	older, err := seal.Recompute(seal.Seal{
		Number: own.Number + 1, FromID: own.ToID + 1, ToID: own.ToID + 1, Previous: own.Digest,
	}).Seal(own.SealedAt.Add(time.Hour))
	require.NoError(t, err)
	last, err := seal.NewRange(older, older.ToID+1).Seal(older.SealedAt.Add(time.Hour))
	require.NoError(t, err)
	installation := typed.Sealed.Installation
	typed.Sealed.Seals = []string{statement, older.Extract(installation), key.Sign(last.Extract(installation))}
	require.NoError(t, typed.Sign(key))
	document, err := json.Marshal(typed)
	require.NoError(t, err)
	return document
}

// Without a key the evidence is as complete, leads to the same seals, and says that nothing of it is proven.
func TestEvidenceWithoutAKeyIsUnsigned(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("unsigned", nil)
	s.AwaitQuiet()
	sealByWorkflow(s)
	bundle := bundleOf(s, booked.Reference)
	report := evidence.Verify(bundle, nil)
	require.Empty(t, report.Broken)
	require.False(t, report.Proven)
	require.Contains(t, linesOf(report), "signature: none")
	require.Contains(t, linesOf(report), "not signed; compare its digest")
	_, public := keyFiles(t)
	report = evidence.Verify(bundle, publicKey(t, public))
	require.Contains(t, strings.Join(report.Broken, "\n"), "the file has no signature")
	require.Contains(t, strings.Join(report.Broken, "\n"), "is not signed")
}
