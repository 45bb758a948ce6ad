package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"farebook/internal/dev/devstack"
)

// checkHledger exports the ledger and has hledger read it: each account and currency is declared, each transaction balances without an
// inferred rate, the closing balances are those that it computes, and the sum of all accounts is zero.
func (s *System) checkHledger(ctx context.Context) error {
	if err := devstack.Need(ctx, os.Stderr, "hledger", "hledger"); err != nil {
		return err
	}
	journal, err := s.starter(ctx, "ledger", "export", "--output", "hledger")
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "ledger.hledger")
	if err := os.WriteFile(file, []byte(journal), 0o600); err != nil {
		return err
	}
	for _, check := range []struct{ args, ends string }{
		{"check --strict", ""}, {"balance --depth 0 --output-format csv", "\n\"total\",\"0\"\n"},
	} {
		command := exec.CommandContext(ctx, "hledger", append([]string{"-f", file}, strings.Fields(check.args)...)...)
		command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		said, err := command.CombinedOutput()
		if err != nil || !strings.HasSuffix(string(said), check.ends) {
			s.violated("hledger %s refuses the exported books: %v: %.500s", check.args, err, said)
		}
	}
	return nil
}

// stripeLists are lists of the stand-in, and Stripe's schemas of their rows.
var stripeLists = []struct{ path, schema string }{
	{"/v1/payment_intents?expand[]=data.latest_charge.balance_transaction&", "payment_intent"},
	{"/v1/charges?", "charge"},
	{"/v1/refunds?", "refund"},
	{"/v1/disputes?", "dispute"},
	{"/v1/payouts?", "payout"},
	{"/v1/balance_transactions?", "balance_transaction"},
	{"/v1/events?", "event"},
}

// stripeAnswer is a line of the file that `conformance/answers` holds against Stripe's schemas.
type stripeAnswer struct {
	Schema string          `json:"schema"`
	Body   json.RawMessage `json:"body"`
}

// keepAnswers writes all that the stand-in answers about its objects after a storm to stripe-answers.jsonl.
func (s *System) keepAnswers(ctx context.Context) error {
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	balance, err := s.fromStripe(ctx, "/v1/balance")
	if err != nil {
		return err
	}
	if err := out.Encode(stripeAnswer{"balance", balance}); err != nil {
		return err
	}
	for _, list := range stripeLists {
		for after := ""; ; {
			text, err := s.fromStripe(ctx, list.path+"limit=100"+after)
			if err != nil {
				return err
			}
			var page struct {
				Data    []json.RawMessage
				HasMore bool `json:"has_more"`
			}
			if err := json.Unmarshal(text, &page); err != nil {
				return err
			}
			var last struct{ ID string }
			for _, row := range page.Data {
				if err := json.Unmarshal(row, &last); err != nil {
					return err
				}
				if err := out.Encode(stripeAnswer{list.schema, row}); err != nil {
					return err
				}
			}
			if !page.HasMore {
				break
			}
			after = "&starting_after=" + last.ID
		}
	}
	return os.WriteFile(filepath.Join(s.dir, "stripe-answers.jsonl"), lines.Bytes(), 0o600)
}

// fromStripe reads from Stripe beside Farebook.
func (s *System) fromStripe(ctx context.Context, path string) (json.RawMessage, error) {
	status, text, err := s.askStripe(ctx, http.MethodGet, path, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("GET %s: %d %s", path, status, text)
	}
	return text, err
}
