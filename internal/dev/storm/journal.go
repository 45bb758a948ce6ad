package storm

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"sync"
	"time"
)

// Answer is one acknowledged answer: what a client has in its hands, whatever happens afterwards.
type Answer struct {
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Key      string    `json:"key,omitempty"` // Idempotency-Key
	Status   int       `json:"status"`
	Attempts int       `json:"attempts"`
	// Digest is the SHA-256 of the answer's body, which has a client secret and is therefore not written.
	Digest string `json:"digest"`

	Request []byte `json:"-"`
	Body    []byte `json:"-"`
}

// Journal keeps all acknowledged answers, in memory for the oracle and as a JSON line each for an operator. It is safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	file    *os.File
	answers []Answer
	lost    int // requests that had no answer when their client gave up
}

func newJournal(path string) (*Journal, error) {
	file, err := os.Create(path)
	return &Journal{file: file}, err
}

func (j *Journal) add(one Answer) error {
	sum := sha256.Sum256(one.Body)
	one.Digest = hex.EncodeToString(sum[:])
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.answers = append(j.answers, one)
	_, err = j.file.Write(append(line, '\n'))
	return err
}

// gaveUp counts a request that its client no longer repeats.
func (j *Journal) gaveUp() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lost++
}

// Answers returns all answers so far, and how many requests had none.
func (j *Journal) Answers() (answers []Answer, unanswered int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.answers), j.lost
}

func (j *Journal) close() error { return j.file.Close() }
