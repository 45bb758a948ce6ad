package storm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"farebook/internal/dev/wholefile"
	"farebook/internal/payload"
	"farebook/internal/wait"
)

const (
	payloadKeys = "TEMPORAL_PAYLOAD_KEYS"
	linkKeys    = "PAY_LINK_KEYS"
	// operators have one file for all commands.
	operators = "operators"
	// takeover bounds the wait for the processes that have to use new keys; the next rotation begins from what they have.
	takeover = 30 * time.Second
)

// keyring are keys of one variable, ID:KEY separated by commas. Each process has them in its own file, which it reads again at each use,
// because the files of several machines are never replaced at the same moment. One rotation at a time has it.
type keyring struct {
	variable string
	holders  []string
	// logged says that the next step waits until each process has logged the change.
	logged bool

	mu   sync.Mutex
	text string
}

// newKeyrings are those that the processes begin with.
func (s *System) newKeyrings() error {
	s.payloadKeys = keyring{variable: payloadKeys, holders: append(slices.Clone(programs), operators), logged: true}
	s.linkKeys = keyring{variable: linkKeys, holders: programs}
	for _, ring := range []*keyring{&s.payloadKeys, &s.linkKeys} {
		if err := s.renewKeys(ring, "storm0"); err != nil {
			return err
		}
	}
	return nil
}

// renewKeys gives every process one fresh key at once, in place of those that it has.
func (s *System) renewKeys(ring *keyring, id string) error {
	fresh, err := payload.NewKey(id)
	if err != nil {
		return err
	}
	ring.text = fresh
	for _, holder := range ring.holders {
		if err := s.writeKeys(ring, holder); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) keyFile(holder, variable string) string {
	return filepath.Join(s.secrets.dir, holder, variable)
}

func (s *System) writeKeys(ring *keyring, holder string) error {
	file := s.keyFile(holder, ring.variable)
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), wholefile.Replace(file, ring.text+"\n"))
}

// keyVariables name the files of a process.
func (s *System) keyVariables(process string) []string {
	return []string{
		payloadKeys + "_FILE=" + s.keyFile(process, payloadKeys), linkKeys + "=", linkKeys + "_FILE=" + s.keyFile(process, linkKeys),
	}
}

func rotatePayloadKeys(ctx context.Context, s *System, f Fault) error {
	return s.rotateKeys(ctx, &s.payloadKeys, f)
}

func rotateLinkKeys(ctx context.Context, s *System, f Fault) error {
	return s.rotateKeys(ctx, &s.linkKeys, f)
}

// rotateKeys makes a new key as docs/privacy.md and docs/payment-page.md have it: every process gets it behind the others, and then in
// front. Keys are not taken out: that needs all open workflows to be younger, and all links to have ended.
func (s *System) rotateKeys(ctx context.Context, ring *keyring, f Fault) error {
	ring.mu.Lock()
	defer ring.mu.Unlock()
	fresh, err := payload.NewKey(fmt.Sprintf("storm%d", f.Number))
	if err != nil {
		return err
	}
	draw := rand.New(rand.NewPCG(f.Draw, 0))
	for _, text := range []string{ring.text + "," + fresh, fresh + "," + ring.text} {
		ring.text = text
		if err := s.deal(ctx, ring, draw); err != nil {
			return err
		}
	}
	return nil
}

// deal replaces the file of one process after the other, also when the storm ends meanwhile, and waits as the documentation says.
func (s *System) deal(ctx context.Context, ring *keyring, draw *rand.Rand) error {
	var waits []func() bool
	order := slices.Clone(ring.holders)
	draw.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	for _, holder := range order {
		if ring.logged && holder != operators {
			waits = append(waits, s.process(holder).rotation(filepath.Join(s.dir, "logs", holder+".log"), ring.variable))
		}
		if err := s.writeKeys(ring, holder); err != nil {
			return err
		}
		_ = wait.For(ctx, time.Duration(draw.Int64N(int64(300*time.Millisecond)))) // ended early by the storm's end
	}
	return until(ctx, takeover, "not every process has taken over "+ring.variable, func() bool {
		return !slices.ContainsFunc(waits, func(done func() bool) bool { return !done() })
	})
}

// rotation returns what reports whether a process has since logged the change of a secret, or was started anew.
func (p *process) rotation(logFile, variable string) func() bool {
	deaths, from := p.Deaths(), int64(0)
	if info, err := os.Stat(logFile); err == nil {
		from = info.Size()
	}
	return func() bool {
		text, err := os.ReadFile(logFile)
		if p.Deaths() > deaths || err != nil || int64(len(text)) < from {
			return p.Deaths() > deaths
		}
		for line := range strings.Lines(string(text[from:])) {
			if strings.Contains(line, "a secret has been rotated") && strings.Contains(line, variable) {
				return true
			}
		}
		return false
	}
}

// keysOf are the keys that a process has now.
func (s *System) keysOf(holder string) *payload.Codec {
	return payload.NewCodec(func() string {
		text, _ := os.ReadFile(s.keyFile(holder, payloadKeys)) // without its keys nothing can be read, which is noticed
		return strings.TrimSpace(string(text))
	})
}
