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

// Ports fixes where the parts of a stack listen; 0 means a free port.
type Ports struct {
	API, MariaDB, Temporal, TemporalUI, Stripe, SMTP, Mailbox int
}

// byName is each port under the variable that fixes it.
func (p *Ports) byName() map[string]*int {
	return map[string]*int{
		"FAREBOOK_PORT_API":         &p.API,
		"FAREBOOK_PORT_MARIADB":     &p.MariaDB,
		"FAREBOOK_PORT_TEMPORAL":    &p.Temporal,
		"FAREBOOK_PORT_TEMPORAL_UI": &p.TemporalUI,
		"FAREBOOK_PORT_STRIPE":      &p.Stripe,
		"FAREBOOK_PORT_SMTP":        &p.SMTP,
		"FAREBOOK_PORT_MAILBOX":     &p.Mailbox,
	}
}

// Remembered fills the ports that are not fixed with those of the run before, which file holds, where nobody has taken them
// since, and with free ones otherwise; then it writes the file. So bookmarks and other terminals survive a restart.
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

// PortsFromEnvironment reads FAREBOOK_PORT_API and its like. All that is wrong is named in one error.
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
			problems = append(problems, fmt.Errorf("%s is %q; set a port from 1 to 65535, or nothing for a free one", name, value))
			continue
		}
		*port = number
	}
	return ports, errors.Join(problems...)
}
