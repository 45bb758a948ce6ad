package command

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/payload"
)

// maxDocument is above the largest history, which Temporal limits to 50 MB, in JSON.
const maxDocument = 256 << 20

func payloadsCommand() *cobra.Command {
	return group("payloads", "Make keys for the payloads in Temporal, and read what is encrypted there",
		"payloads key ID, or payloads decrypt", payloadKeyCommand(), decryptPayloadsCommand())
}

func payloadKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key ID",
		Short: "Print a new key with an id, as TEMPORAL_PAYLOAD_KEYS takes it",
		Long: "Prints ID:KEY with 32 random bytes. Choose an id that was never used, such as the month. A new key is first added after the " +
			"others, in every process, and then moved to the first place: see docs/privacy.md. It needs no configuration.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			entry, err := payload.NewKey(args[0])
			if err != nil {
				return misused("%w", err)
			}
			return printText(cmd.OutOrStdout(), "%s\n", entry)
		},
	}
}

func decryptPayloadsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "decrypt",
		Short: "Decrypt the payloads in JSON that Temporal's command line printed",
		Long: "Reads JSON from standard input and writes it with each encrypted payload in clear. It needs only TEMPORAL_PAYLOAD_KEYS:\n\n" +
			"    temporal workflow show --workflow-id ID --output json |\n        starter payloads decrypt",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := load(cmd.ErrOrStderr(), "payloads", config.PayloadKeys)
			if err != nil {
				return err
			}
			document, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxDocument+1))
			if err != nil {
				return fmt.Errorf("read standard input: %w", err)
			}
			if len(document) > maxDocument {
				return fmt.Errorf("standard input is larger than %d MB: decrypt one workflow at a time", maxDocument>>20)
			}
			decoded, count, err := cfg.Payloads().DecodeJSON(document)
			var missing *payload.MissingKeyError
			if errors.As(err, &missing) {
				return misused("no key %q in TEMPORAL_PAYLOAD_KEYS: add the key with which the payload was encrypted", missing.KeyID)
			}
			if err != nil {
				return err
			}
			say(cmd, "Decrypted %d payloads\n", count)
			_, err = cmd.OutOrStdout().Write(decoded)
			return err
		},
	}
}
