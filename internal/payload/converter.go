package payload

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// DataConverter returns the SDK's converter with the codec. In workflow code, a payload that cannot be decrypted panics: the SDK would end
// the workflow, or drop the signal, for an error. A panic fails the workflow task, which Temporal repeats until the key is there.
func (c *Codec) DataConverter() converter.DataConverter {
	return dataConverter{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)}
}

type dataConverter struct{ converter.DataConverter }

var (
	_ workflow.ContextAware = dataConverter{}
	_ workflow.ContextAware = blocking{}
)

func (d dataConverter) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return blocking(d)
}

func (d dataConverter) WithContext(context.Context) converter.DataConverter { return d }

// FromPayloads panics for a marker of workflow.GetVersion: the SDK reads it outside of workflow code and ignores errors, and the workflow
// would take the path of another version.
func (d dataConverter) FromPayloads(payloads *commonpb.Payloads, values ...any) error {
	err := d.DataConverter.FromPayloads(payloads, values...)
	if err != nil && len(values) > 0 {
		if _, marker := values[0].(*workflow.Version); marker {
			panic(err)
		}
	}
	return err
}

// blocking is the converter of workflow code.
type blocking struct{ converter.DataConverter }

func (b blocking) WithWorkflowContext(workflow.Context) converter.DataConverter { return b }

func (b blocking) WithContext(context.Context) converter.DataConverter {
	return dataConverter(b)
}

func (b blocking) FromPayload(payload *commonpb.Payload, value any) error {
	return block(b.DataConverter.FromPayload(payload, value))
}

func (b blocking) FromPayloads(payloads *commonpb.Payloads, values ...any) error {
	return block(b.DataConverter.FromPayloads(payloads, values...))
}

// block panics for what a key would mend. Other errors, such as those of JSON, are the workflow's.
func block(err error) error {
	switch err.(type) { //nolint:errorlint // the codec's errors are returned as they are
	case *MissingKeyError, *TamperedError:
		panic(err)
	}
	return err
}

// FailureConverter returns the SDK's converter of failures. While the codec encrypts, it encrypts messages and stack traces as well. The
// type of an error stays readable: retry policies and queries need it.
func (c *Codec) FailureConverter() converter.FailureConverter {
	data := c.DataConverter()
	return failureConverter{
		codec: c,
		FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: data,
		}),
		encrypting: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: data, EncodeCommonAttributes: true,
		}),
	}
}

// failureConverter reads both forms of failures, as the embedded converter does, and writes one of them.
type failureConverter struct {
	converter.FailureConverter
	encrypting converter.FailureConverter
	codec      *Codec
}

func (f failureConverter) ErrorToFailure(err error) *failurepb.Failure {
	if f.codec.Encrypts() {
		return f.encrypting.ErrorToFailure(err)
	}
	return f.FailureConverter.ErrorToFailure(err)
}
