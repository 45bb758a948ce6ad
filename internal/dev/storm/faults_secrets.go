package storm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"farebook/internal/dev/wholefile"
	"farebook/internal/wait"
)

// usualUser is the database user that operators' commands keep; the processes have another one after the first rotation.
const usualUser = "farebook"

// overlap is how long the earlier secret of a server stays valid: a process that has read it just now still uses it.
const overlap = time.Second

func secretKinds() []kind {
	return []kind{
		{name: "secret of a webhook endpoint rotated", weight: 1, play: rotateEndpointSecret},
		{name: "password of the mail server rotated", weight: 1, play: rotateMailPassword},
		{name: "user of the database rotated", weight: 1, play: rotateDatabaseUser},
		{name: "keys of payloads rotated", weight: 1, play: rotatePayloadKeys},
		{name: "keys of links rotated", weight: 1, play: rotateLinkKeys},
	}
}

// secretFiles are those that the processes read again at each use. One rotation at a time has them.
type secretFiles struct {
	dir string

	mu           sync.Mutex
	mailPassword string
	databaseUser string
}

func (f *secretFiles) path(name string) string { return filepath.Join(f.dir, name) }

func (f *secretFiles) write(name, value string) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	return wholefile.Replace(f.path(name), value+"\n")
}

// secretVariables writes the first secrets of the processes to files, and returns the variables that name these.
func (s *System) secretVariables() ([]string, error) {
	s.secrets.mailPassword, s.secrets.databaseUser = s.Stack.MailPassword(), usualUser
	variables := []string{
		"DATABASE_DSN=", "DATABASE_DSN_FILE=" + s.secrets.path("DATABASE_DSN"),
		"SMTP_PASSWORD=", "SMTP_PASSWORD_FILE=" + s.secrets.path("SMTP_PASSWORD"),
	}
	return variables, errors.Join(
		s.secrets.write("DATABASE_DSN", s.throughLink(s.Stack.AppDSN())), s.secrets.write("SMTP_PASSWORD", s.secrets.mailPassword),
	)
}

// throughLink is a DSN whose connections the storm can disturb.
func (s *System) throughLink(dsn string) string {
	return strings.Replace(dsn, s.Stack.MariaDB.Addr(), s.links["MariaDB"].Addr(), 1)
}

// rotateMailPassword has the mail server accept both passwords until the processes read the new one.
func rotateMailPassword(ctx context.Context, s *System, f Fault) error {
	s.secrets.mu.Lock()
	defer s.secrets.mu.Unlock()
	next := "mail-" + hexOf(f.Draw)
	s.Stack.Mailbox.SetPasswords(s.secrets.mailPassword, next)
	if err := s.secrets.write("SMTP_PASSWORD", next); err != nil {
		return err
	}
	s.secrets.mailPassword = next
	_ = wait.For(ctx, overlap) // ended early by the storm's end
	s.Stack.Mailbox.SetPasswords(next)
	return nil
}

// rotateDatabaseUser makes another user by `starter migrate`, as docs/deploying.md has it, and removes the one before with its connections.
func rotateDatabaseUser(ctx context.Context, s *System, f Fault) error {
	s.secrets.mu.Lock()
	defer s.secrets.mu.Unlock()
	next := fmt.Sprintf("%s_%d", usualUser, f.Number)
	dsn := fmt.Sprintf("%s:%s@tcp(%s)/farebook", next, hexOf(f.Draw), s.Stack.MariaDB.Addr())
	admin := []string{"DATABASE_ADMIN_DSN=" + s.Stack.MariaDB.AdminDSN(), "DATABASE_DSN=" + dsn}
	if _, err := s.starterWith(ctx, admin, "migrate"); err != nil {
		return err
	}
	if err := s.secrets.write("DATABASE_DSN", s.throughLink(dsn)); err != nil {
		return err
	}
	last := s.secrets.databaseUser
	s.secrets.databaseUser = next
	_ = wait.For(ctx, overlap) // ended early by the storm's end
	if last != usualUser {
		if _, err := s.Root.ExecContext(ctx, "DROP USER '"+last+"'@'%'"); err != nil {
			return err
		}
	}
	return s.killConnectionsOf(ctx, last)
}

// rotateEndpointSecret replaces the secret by which Farebook signs webhooks to the receiver; the old one signs as well for an hour. An
// answer that was lost is given again without the secret, as is documented: then it is rotated again.
func rotateEndpointSecret(ctx context.Context, s *System, f Fault) error {
	s.secrets.mu.Lock()
	defer s.secrets.mu.Unlock()
	s.receiver.expect()
	// The receiver has to learn the secret also when the storm ends meanwhile.
	patience, enough := context.WithTimeout(context.WithoutCancel(ctx), patienceAfter)
	defer enough()
	for attempt := 1; ; attempt++ {
		key := fmt.Sprintf("rotate-secret-%d-%d", f.Number, attempt)
		answer, err := s.post(patience, administrator, "/v1/webhook-endpoints/"+s.receiver.endpoint+"/rotate-secret", key,
			[]byte(`{"overlapHours":1}`))
		if err != nil {
			return err
		}
		if answer.Status != http.StatusOK {
			return fmt.Errorf("the secret of the endpoint was not rotated: %d %s", answer.Status, problem(answer.Body))
		}
		if known, err := s.receiver.learn(answer); known || err != nil {
			return err
		}
	}
}
