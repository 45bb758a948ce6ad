// Command up runs all of Farebook on this machine until Ctrl-C, prints the addresses, and writes them to var/dev.env as shell
// assignments. FAREBOOK_PORT_API, _MARIADB, _TEMPORAL, _TEMPORAL_UI, _STRIPE, _SMTP, _MAILBOX, _OPENID and _PROMETHEUS set the ports;
// other ports are those of the previous run if they are free (var/ports.json). The link that signs in to the console works once.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/openid"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "up:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	if err := devstack.DieWithParent(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ports, err := devstack.PortsFromEnvironment()
	if err != nil {
		return err
	}
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	if ports, err = ports.Remembered(filepath.Join(root, "var", "ports.json")); err != nil {
		return err
	}
	fmt.Println("Starting Farebook ...")
	stack, err := devstack.Up(ctx, devstack.Options{Ports: ports, Prometheus: true, Progress: os.Stdout})
	if err != nil {
		return err
	}
	envFile := filepath.Join(root, "var", "dev.env")
	defer func() {
		fmt.Println("\nStopping ...")
		err = errors.Join(err, stack.Stop(), os.Remove(envFile)) // its addresses are no longer valid
	}()
	if err := stack.WriteEnvironment(envFile); err != nil {
		return err
	}
	paymentPage, err := stack.PaymentLink(ctx)
	if err != nil {
		return err
	}
	fmt.Printf(`
  API          %s
  API docs     %s/docs
  Pay          %s
               (a sample booking, held for a day; card 4242 4242 4242 4242, or 4000 0025 0000 3155 for 3-D Secure)
  Console      %s
  Sign in      %s
               (once, within %d minutes, as an administrator; sign out to choose another role)
  Temporal UI  %s
  Mailbox      %s
  Stripe       %s (stand-in)
  MariaDB      %s
  Prometheus   %s
  Logs         %s

To set them and the API key in a shell: . var/dev.env
Ctrl-C stops everything.
`, stack.APIURL, stack.APIURL, paymentPage, stack.ConsoleURL(), stack.SignInLink("admin"), int(openid.LinkLife.Minutes()), stack.Temporal.UIURL(), stack.Mailbox.URL(), stack.Stripe.URL(), stack.MariaDB.Addr(),
		prometheusOf(stack), filepath.Join("var", "up", "logs"))
	<-ctx.Done()
	return nil
}

// prometheusOf is the address of Prometheus, or how to get one.
func prometheusOf(stack *devstack.Stack) string {
	if stack.Prometheus == nil {
		return "not installed: apt-get install prometheus, then make up again"
	}
	return stack.Prometheus.URL()
}
