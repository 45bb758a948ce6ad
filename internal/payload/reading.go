package payload

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// DecodeHistory decrypts the payloads of a history in place, for code that reads them without the SDK. A payload whose key is missing stays
// as it is.
func (c *Codec) DecodeHistory(ctx context.Context, events []*historypb.HistoryEvent) error {
	options := proxy.VisitPayloadsOptions{
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			for i, one := range payloads {
				if decoded, err := c.Decode([]*commonpb.Payload{one}); err == nil {
					payloads[i] = decoded[0]
				}
			}
			return payloads, nil
		},
		SkipSearchAttributes: true,
	}
	return proxy.VisitPayloads(ctx, &historypb.History{Events: events}, options)
}

// Message returns the message of a failure in clear. Where the key is missing, it is Temporal's "Encoded failure".
func (c *Codec) Message(failure *failurepb.Failure) string {
	if failure == nil {
		return ""
	}
	copied := proto.CloneOf(failure)
	converter.DecodeCommonFailureAttributes(c.DataConverter(), copied)
	return copied.GetMessage()
}

// DecodeJSON decrypts each payload in a JSON document, as the commands of Temporal's CLI print them with --output json: a history, a
// description, a schedule. A payload that was JSON becomes that JSON, and any other one its payload in clear. It returns how many it has
// decrypted. A missing key is *MissingKeyError.
func (c *Codec) DecodeJSON(document []byte) (decoded []byte, count int, err error) {
	reader := json.NewDecoder(bytes.NewReader(document))
	reader.UseNumber() // event ids do not fit a float
	var out bytes.Buffer
	writer := json.NewEncoder(&out)
	writer.SetEscapeHTML(false)
	writer.SetIndent("", "  ")
	for reader.More() { // the CLI prints lists as one document, or as one a line
		var root any
		if err := reader.Decode(&root); err != nil {
			return nil, 0, fmt.Errorf("read the JSON: %w", err)
		}
		if root, err = c.decodeValue(root, &count); err != nil {
			return nil, 0, err
		}
		if err := writer.Encode(root); err != nil {
			return nil, 0, err
		}
	}
	return out.Bytes(), count, nil
}

func (c *Codec) decodeValue(value any, count *int) (any, error) {
	switch value := value.(type) {
	case []any:
		for i := range value {
			decoded, err := c.decodeValue(value[i], count)
			if err != nil {
				return nil, err
			}
			value[i] = decoded
		}
	case map[string]any:
		if encrypted := encryptedPayload(value); encrypted != nil {
			*count++
			return c.decodeToJSON(encrypted)
		}
		for name := range value {
			decoded, err := c.decodeValue(value[name], count)
			if err != nil {
				return nil, err
			}
			value[name] = decoded
		}
	}
	return value, nil
}

// encryptedPayload returns an object as a payload if it is an encrypted one, and nil otherwise.
func encryptedPayload(object map[string]any) *commonpb.Payload {
	metadata, _ := object["metadata"].(map[string]any)
	encoding, _ := metadata[converter.MetadataEncoding].(string)
	if encoding != base64.StdEncoding.EncodeToString([]byte(Encoding)) {
		return nil
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	found := &commonpb.Payload{}
	if protojson.Unmarshal(text, found) != nil {
		return nil
	}
	return found
}

func (c *Codec) decodeToJSON(encrypted *commonpb.Payload) (any, error) {
	decoded, err := c.Decode([]*commonpb.Payload{encrypted})
	if err != nil {
		return nil, err
	}
	text := decoded[0].GetData()
	if string(decoded[0].GetMetadata()[converter.MetadataEncoding]) != converter.MetadataEncodingJSON {
		if text, err = protojson.Marshal(decoded[0]); err != nil {
			return nil, fmt.Errorf("print a payload: %w", err)
		}
	}
	return json.RawMessage(text), nil
}
