package devstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"farebook/internal/dev/freeport"
)

// Ports are the ports of the parts of a stack; 0 means a free port.
type Ports struct {
	API, MariaDB, Temporal, TemporalUI, Stripe, SMTP, Mailbox, OpenID, Prometheus int
}

// byName returns each port by the variable that sets it.
func (p *Ports) byName() map[string]*int {
	return map[string]*int{
		"FAREBOOK_PORT_API":         &p.API,
		"FAREBOOK_PORT_MARIADB":     &p.MariaDB,
		"FAREBOOK_PORT_TEMPORAL":    &p.Temporal,
		"FAREBOOK_PORT_TEMPORAL_UI": &p.TemporalUI,
		"FAREBOOK_PORT_STRIPE":      &p.Stripe,
		"FAREBOOK_PORT_SMTP":        &p.SMTP,
		"FAREBOOK_PORT_MAILBOX":     &p.Mailbox,
		"FAREBOOK_PORT_OPENID":      &p.OpenID,
		"FAREBOOK_PORT_PROMETHEUS":  &p.Prometheus,
	}
}

// Remembered sets the ports that are 0: to that of the previous run, from file, if it is free, and otherwise to a free one. Then it
// writes the file. Bookmarks and other terminals therefore remain valid after a restart.
func (p Ports) Remembered(file string) (Ports, error) {
	known := map[string]int{}
	content, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(content, &known)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("%s cannot be read, remove it: %w", file, err)
	}
	for name, port := range p.byName() {
		if *port == 0 && known[name] > 0 && freeport.Take(known[name]) {
			*port = known[name]
		}
		if *port == 0 {
			if *port, err = freeport.Next(); err != nil {
				return p, err
			}
		}
		known[name] = *port
	}
	if content, err = json.MarshalIndent(known, "", "  "); err != nil {
		return p, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return p, err
	}
	return p, os.WriteFile(file, append(content, '\n'), 0o644)
}

// PortsFromEnvironment reads FAREBOOK_PORT_API and the variables of the other ports. One error names all invalid ones.
func PortsFromEnvironment() (Ports, error) {
	var ports Ports
	var problems []error
	for name, port := range ports.byName() {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		number, err := strconv.Atoi(value)
		if err != nil || number < 1 || number > 65535 {
			problems = append(problems, fmt.Errorf("invalid %s=%q: must be a port from 1 to 65535, or empty for a free one", name, value))
			continue
		}
		*port = number
	}
	return ports, errors.Join(problems...)
}
