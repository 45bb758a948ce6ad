package storm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver of Root
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"farebook/access"
	"farebook/internal/dev/devstack"
	"farebook/internal/dev/freeport"
	"farebook/internal/dev/link"
	"farebook/store"
)

const (
	// listLag is STRIPE_LIST_LAG of the processes.
	listLag = 4 * time.Second
	// reconcileLag is RECONCILE_LAG: a reconciliation in the storm ignores what is younger.
	reconcileLag = 5 * time.Second
	// holdUnit is FAREBOOK_HOLD_MINUTE: holds of 5 to 60 minutes end 10 to 120 seconds after they began.
	holdUnit = 2 * time.Second
)

// System is a Farebook in a storm, with everything that it needs.
type System struct {
	Stack    *devstack.Stack
	Books    *store.Store  // read directly, as no process does
	Root     *sql.DB       // root of the database server
	Temporal client.Client // direct as well
	Journal  *Journal

	dir        string
	links      map[string]*link.Link
	processes  []*process
	servers    servers
	rotating   sync.Mutex // one rotation of Stripe's key at a time: each ends the overlap that it began
	typeScript *typeScriptClient
	balancer   *http.Server
	receiver   *receiver
	http       *http.Client
	token      atomic.Pointer[string]
	// financeToken is the API key of another client.
	financeToken string
	// webhookSecret is that by which Stripe signs.
	webhookSecret atomic.Pointer[string]
	builds        builds
	disk          Disk
	clocks        clocks
	secrets       secretFiles
	payloadKeys   keyring
	linkKeys      keyring
	given         sync.Map     // paths of links to payment pages that somebody was given
	refusedMails  atomic.Int64 // that were scripted to be refused for good

	mu         sync.Mutex // guards what follows
	violations []string
	arrived    map[int]string    // Message-IDs by the mailbox's number
	unreadable map[string]string // why an email cannot be read, by its Message-ID
}

// Start starts a system with its data in dir, that of MariaDB on a disk where there is one, and the client for TypeScript where there is
// Node. On an error it stops what it has started.
func Start(ctx context.Context, dir string, disk Disk, node Node, progress io.Writer) (*System, error) {
	dir, err := filepath.Abs(dir) // processes have another working directory
	if err != nil {
		return nil, err
	}
	s := &System{
		dir: dir, disk: disk, clocks: newClocks(filepath.Join(dir, "clock")),
		secrets: secretFiles{dir: filepath.Join(dir, "secrets")}, links: map[string]*link.Link{},
		arrived: map[int]string{}, unreadable: map[string]string{},
		http: &http.Client{Timeout: 15 * time.Second}, typeScript: &typeScriptClient{node: node},
	}
	if err := s.start(ctx, progress); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *System) start(ctx context.Context, progress io.Writer) (err error) {
	if err := errors.Join(s.disk.clear(), os.MkdirAll(s.dir, 0o755), s.clocks.set(0), s.newKeyrings()); err != nil {
		return err
	}
	if s.Stack, err = devstack.Up(ctx, devstack.Options{
		Dir: s.dir, MariaDBDir: s.disk.Dir, Headless: true, Fast: true, Bare: true, MailLogin: true, Progress: progress,
		Env: append(settings(), "FAREBOOK_CLOCK="+s.clocks.path, payloadKeys+"_FILE="+s.keyFile(operators, payloadKeys)),
	}); err != nil {
		return err
	}
	for _, marker := range s.markers() {
		if err := os.Remove(marker); err != nil {
			return err
		}
	}
	s.token.Store(&s.Stack.APIKey)
	secret := s.setting("STRIPE_WEBHOOK_SECRET")
	s.webhookSecret.Store(&secret)
	if s.Journal, err = newJournal(filepath.Join(s.dir, "journal.jsonl")); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	addresses, err := s.startPrograms()
	if err != nil {
		return err
	}
	if err := s.balance(addresses); err != nil {
		return err
	}
	if err := until(ctx, 2*time.Minute, "the APIs are not ready; logs in "+s.dir, func() bool { return ready(ctx, addresses) }); err != nil {
		return err
	}
	if err := s.typeScript.start(ctx, s.Stack); err != nil {
		return err
	}
	if _, err := s.starter(ctx, "client", "create", finance); err != nil {
		return err
	}
	token, err := s.starter(ctx, "api-key", "create", "--client", finance, "--scope", access.All().String())
	if err != nil {
		return err
	}
	s.financeToken = strings.TrimSpace(token)
	return s.receive(ctx)
}

// settings are those of all processes, beside their connections.
func settings() []string {
	return []string{
		"SWEEP_INTERVAL=1s", "RECONCILE_LAG=" + reconcileLag.String(), "STRIPE_LIST_LAG=" + listLag.String(),
		"FAREBOOK_HOLD_MINUTE=" + holdUnit.String(), "MAILS_PER_ADDRESS_HOUR=1000000", "RECONCILE_CALLS_PER_SECOND=1000",
		"RATE_READS_PER_SECOND=100000", "RATE_WRITES_PER_SECOND=100000", "RATE_WEBHOOKS_PER_SECOND=100000",
		"HTTP_MAX_CONNECTIONS_PER_ADDRESS=2000", "ADMIN_ADDR=none",
	}
}

// connect opens the links, and what the oracle reads directly.
func (s *System) connect(ctx context.Context) (err error) {
	targets := map[string]string{
		"MariaDB": s.Stack.MariaDB.Addr(), "Temporal": s.Stack.Temporal.Address(),
		"Stripe": strings.TrimPrefix(s.Stack.Stripe.URL(), "http://"), "SMTP": s.Stack.Mailbox.SMTPAddr(),
	}
	for name, target := range targets {
		if s.links[name], err = link.New(target, 0); err != nil {
			return err
		}
	}
	quiet := slog.New(slog.DiscardHandler)
	if s.Books, err = store.Open(ctx, s.Stack.AppDSN(), s.clocks.now, quiet); err != nil {
		return err
	}
	if s.Root, err = sql.Open("mysql", s.Stack.MariaDB.AdminDSN()+"farebook?parseTime=true&timeout=5s&readTimeout=60s"); err != nil {
		return err
	}
	s.Temporal, err = client.NewLazyClient(client.Options{
		HostPort: s.Stack.Temporal.Address(), Logger: temporallog.NewStructuredLogger(quiet),
	})
	return err
}

// startPrograms starts the APIs and workers, connected through the links, and returns the addresses of the APIs.
func (s *System) startPrograms() (addresses []string, err error) {
	_, smtpPort, err := net.SplitHostPort(s.links["SMTP"].Addr())
	if err != nil {
		return nil, err
	}
	linked, err := s.secretVariables()
	if err != nil {
		return nil, err
	}
	linked = append(linked,
		"STRIPE_API_BASE=http://"+s.links["Stripe"].Addr(), "SMTP_PORT="+smtpPort, "TEMPORAL_ADDRESS="+s.links["Temporal"].Addr())
	for _, name := range programs {
		program, args, env := "worker", []string(nil), append(slices.Clone(linked), s.keyVariables(name)...)
		if strings.HasPrefix(name, "api") {
			port, err := freeport.Next()
			if err != nil {
				return nil, err
			}
			address := "127.0.0.1:" + strconv.Itoa(port)
			addresses = append(addresses, address)
			program, args, env = "starter", []string{"serve"}, append(env, "HTTP_ADDR="+address)
		}
		s.processes = append(s.processes, &process{Supervised: s.Stack.Supervise(name, program, args, env)})
	}
	s.processes[1].Configure("API_WORKER=false") // both ways of the first steps; from its next start on
	return addresses, nil
}

// Stop ends everything. Data and logs stay.
func (s *System) Stop() error {
	var errs []error
	for _, p := range s.processes {
		p.End()
	}
	s.typeScript.end()
	if s.balancer != nil {
		errs = append(errs, s.balancer.Close())
	}
	if s.receiver != nil {
		errs = append(errs, s.receiver.server.Close())
	}
	if s.Temporal != nil {
		s.Temporal.Close()
	}
	if s.Books != nil {
		errs = append(errs, s.Books.Close())
	}
	if s.Root != nil {
		errs = append(errs, s.Root.Close())
	}
	for _, l := range s.links {
		if l != nil {
			l.Close()
		}
	}
	if s.Journal != nil {
		errs = append(errs, s.Journal.close())
	}
	if s.Stack != nil {
		errs = append(errs, s.Stack.Stop(), s.disk.keep(filepath.Join(s.dir, "mariadb")))
	}
	return errors.Join(errs...)
}

func (s *System) process(name string) *process {
	return s.processes[slices.IndexFunc(s.processes, func(p *process) bool { return p.Name() == name })]
}

// deaths is how often processes have ended so far.
func (s *System) deaths() (n int) {
	for _, p := range s.processes {
		n += p.Deaths()
	}
	return n
}

// point is the specification of a failpoint whose marker no other fault has.
func (s *System) point(name string, number, part int) string {
	return name + "@" + filepath.Join(s.dir, fmt.Sprintf("died-%d-%d-at-%s", number, part, name))
}

// markers are the files of the failpoints at which a process has died.
func (s *System) markers() []string {
	files, _ := filepath.Glob(filepath.Join(s.dir, "died-*-at-*")) // the pattern is valid
	return files
}

// pointsHit returns the failpoints at which a process has died.
func (s *System) pointsHit() (names []string) {
	for _, marker := range s.markers() {
		_, name, _ := strings.Cut(filepath.Base(marker), "-at-")
		names = append(names, name)
	}
	return names
}

// setting is a variable of the stack's environment.
func (s *System) setting(name string) string {
	for _, line := range s.Stack.Environment() {
		if value, found := strings.CutPrefix(line, name+"="); found {
			return value
		}
	}
	return ""
}

// anyIntent returns a PaymentIntent that a draw chooses.
func (s *System) anyIntent(draw uint64) (id string, found bool) {
	intents := s.Stack.Stripe.PaymentIntents()
	if len(intents) == 0 {
		return "", false
	}
	return intents[draw%uint64(len(intents))].ID, true
}

// violated notes a broken promise, once.
func (s *System) violated(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.violations, text) {
		s.violations = append(s.violations, text)
	}
}

// Violations returns the broken promises so far.
func (s *System) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Forget drops the violations so far.
func (s *System) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = nil
}

func hexOf(draw uint64) string { return fmt.Sprintf("%016x", draw) }
