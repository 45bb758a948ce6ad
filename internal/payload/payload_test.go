package payload_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"farebook/internal/payload"
)

func newKey(t *testing.T, id string) string {
	t.Helper()
	entry, err := payload.NewKey(id)
	require.NoError(t, err)
	return entry
}

// keys is a text of keys that a test changes.
type keys struct{ text string }

func (k *keys) now() string { return k.text }

func TestTheFirstKeyEncryptsAndAllDecrypt(t *testing.T) {
	t.Parallel()
	first, second := newKey(t, "2026-10"), newKey(t, "2026-11")
	text := &keys{first}
	codec := payload.NewCodec(text.now)
	data := codec.DataConverter()
	old, err := data.ToPayload("canary")
	require.NoError(t, err)
	require.Equal(t, "binary/encrypted", string(old.GetMetadata()["encoding"]))
	require.Equal(t, "2026-10", string(old.GetMetadata()["encryption-key-id"]))
	require.NotContains(t, string(old.GetData()), "canary")
	again, err := data.ToPayload("canary")
	require.NoError(t, err)
	require.NotEqual(t, old.GetData(), again.GetData(), "each payload has its own nonce")

	for _, next := range []string{first + "," + second, second + "," + first, "plain," + second + "," + first} {
		text.text = next
		var read string
		require.NoError(t, data.FromPayload(old, &read))
		require.Equal(t, "canary", read)
		made, err := data.ToPayload("new")
		require.NoError(t, err)
		id, _, _ := strings.Cut(strings.Split(next, ",")[0], ":")
		require.Equal(t, id != "plain", codec.Encrypts())
		if id == "plain" {
			id = ""
		}
		require.Equal(t, id, string(made.GetMetadata()["encryption-key-id"]))
		require.NoError(t, data.FromPayload(made, &read))
		require.Equal(t, "new", read)
	}
}

func TestWhatIsNotEncryptedIsRead(t *testing.T) {
	t.Parallel()
	before, err := converter.GetDefaultDataConverter().ToPayload(map[string]int{"n": 1})
	require.NoError(t, err)
	text := &keys{newKey(t, "one")}
	for _, codec := range []*payload.Codec{payload.NewCodec(nil), payload.NewCodec(text.now)} {
		read := map[string]int{}
		require.NoError(t, codec.DataConverter().FromPayload(before, &read))
		require.Equal(t, map[string]int{"n": 1}, read)
	}
}

// Nothing of the keys is in an error.
func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	canary := base64.StdEncoding.EncodeToString([]byte("canarycanarycanarycanarycanary"))
	for text, says := range map[string]string{
		"": "ID:KEY", "canary": "ID:KEY", "a:" + canary: "32 bytes", "a:canary": "32 bytes", ":" + canary: "invalid id",
		"b c:" + canary: "invalid id", newKey(t, "a") + "," + newKey(t, "a"): "twice", newKey(t, "a") + ",plain": "ID:KEY",
		"plain:" + canary: "invalid id",
	} {
		_, err := payload.Parse(text)
		require.ErrorContains(t, err, says, text)
		require.NotContains(t, err.Error(), "canary")
		require.NotContains(t, err.Error(), canary)
	}
}

func TestAMissingKeyAndAChangedPayloadAreNamed(t *testing.T) {
	t.Parallel()
	text := &keys{newKey(t, "lost")}
	codec := payload.NewCodec(text.now)
	made, err := codec.DataConverter().ToPayload("canary")
	require.NoError(t, err)
	changed := proto.CloneOf(made)
	changed.Data[len(changed.Data)-1] ^= 1
	var tampered *payload.TamperedError
	require.ErrorAs(t, codec.DataConverter().FromPayload(changed, new(string)), &tampered)

	text.text = newKey(t, "other")
	var missing *payload.MissingKeyError
	err = codec.DataConverter().FromPayload(made, new(string))
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, `"lost"`)
	text.text = newKey(t, "lost")
	require.ErrorAs(t, codec.DataConverter().FromPayload(made, new(string)), &tampered, "another key of the same id")
}

// In workflow code an error would end the workflow, and so would another version of a change.
func TestAMissingKeyBlocksWorkflowCode(t *testing.T) {
	t.Parallel()
	text := &keys{newKey(t, "lost")}
	codec := payload.NewCodec(text.now)
	made, err := codec.DataConverter().ToPayloads("canary")
	require.NoError(t, err)
	marker, err := codec.DataConverter().ToPayloads(workflow.Version(1))
	require.NoError(t, err)
	text.text = ""
	inWorkflow := codec.DataConverter().(workflow.ContextAware).WithWorkflowContext(nil)
	require.Panics(t, func() { _ = inWorkflow.FromPayloads(made, new(string)) })
	require.Panics(t, func() { _ = inWorkflow.FromPayload(made.GetPayloads()[0], new(string)) })
	require.Panics(t, func() { _ = codec.DataConverter().FromPayloads(marker, new(workflow.Version)) })
	outside := inWorkflow.(workflow.ContextAware).WithContext(context.Background())
	require.Error(t, outside.FromPayloads(made, new(string)))
	wrong, err := codec.DataConverter().ToPayload("text")
	require.NoError(t, err)
	require.Error(t, inWorkflow.FromPayload(wrong, new(int)), "what no key would mend is an error")
}

func TestFailuresAreEncrypted(t *testing.T) {
	t.Parallel()
	text := &keys{newKey(t, "one")}
	codec := payload.NewCodec(text.now)
	cause := temporal.NewApplicationErrorWithCause("outer canary", "Kind", errors.New("inner canary"), "detail canary")
	failure := codec.FailureConverter().ErrorToFailure(cause)
	shown, err := protojson.Marshal(failure)
	require.NoError(t, err)
	require.NotContains(t, string(shown), "canary")
	require.Contains(t, string(shown), "Kind", "retry policies need the type")
	require.Equal(t, "outer canary", codec.Message(failure))
	back := codec.FailureConverter().FailureToError(failure)
	require.ErrorContains(t, back, "outer canary")
	require.ErrorContains(t, errors.Unwrap(back), "inner canary")
	text.text = ""
	require.Equal(t, "outer canary", codec.FailureConverter().ErrorToFailure(cause).GetMessage(), "off, failures stay readable")
}

func TestJSONOfTemporalsCommandLineIsDecrypted(t *testing.T) {
	t.Parallel()
	text := &keys{newKey(t, "one")}
	codec := payload.NewCodec(text.now)
	made, err := codec.DataConverter().ToPayload(map[string]any{"reference": "FB-1", "n": 9007199254740993})
	require.NoError(t, err)
	nothing, err := codec.DataConverter().ToPayload(nil)
	require.NoError(t, err)
	show := func(one *commonpb.Payload) string {
		shown, err := protojson.Marshal(one)
		require.NoError(t, err)
		return string(shown)
	}
	decoded, count, err := codec.DecodeJSON([]byte(`{"events":[{"eventId":"9007199254740993","input":` + show(made) + `,"x":[` + show(nothing) +
		`],"plain":{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"MQ=="}}]}`))
	require.NoError(t, err)
	require.Equal(t, 2, count)
	require.JSONEq(t, `{"events":[{"eventId":"9007199254740993","input":{"reference":"FB-1","n":9007199254740993},
		"x":[{"metadata":{"encoding":"YmluYXJ5L251bGw="}}],"plain":{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"MQ=="}}]}`, string(decoded))
	text.text = ""
	_, _, err = codec.DecodeJSON([]byte(show(made)))
	var missing *payload.MissingKeyError
	require.ErrorAs(t, err, &missing)
	_, _, err = codec.DecodeJSON([]byte(`{"a":`))
	require.ErrorContains(t, err, "read the JSON")
}

// Whatever is in a payload or in the keys is read or refused.
func FuzzDecode(f *testing.F) {
	entry, err := payload.NewKey("one")
	require.NoError(f, err)
	codec := payload.NewCodec(func() string { return entry })
	made, err := codec.DataConverter().ToPayload("seed")
	require.NoError(f, err)
	f.Add(entry, "one", made.GetData(), []byte(`{"metadata":{"encoding":"YmluYXJ5L2VuY3J5cHRlZA=="}}`))
	f.Add("plain,a:b", "", []byte{}, []byte(`[{"metadata":{"encoding":"YmluYXJ5L2VuY3J5cHRlZA=="},"data":"AAAA"}]`))
	f.Fuzz(func(t *testing.T, keys, id string, data, document []byte) {
		if _, err := payload.Parse(keys); err == nil {
			codec := payload.NewCodec(func() string { return keys })
			_, _, _ = codec.DecodeJSON(document) // refused or read
		}
		decoded, err := codec.Decode([]*commonpb.Payload{{
			Metadata: map[string][]byte{"encoding": []byte(payload.Encoding), "encryption-key-id": []byte(id)}, Data: data,
		}})
		if err == nil && len(decoded) != 1 {
			t.Fatal("one payload became another number")
		}
		_, _, _ = codec.DecodeJSON(document) // refused or read
	})
}
