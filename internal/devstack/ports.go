package devstack

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Ports fixes where the parts of a stack listen; 0 means a free port.
type Ports struct {
	API, MariaDB, Temporal, TemporalUI, Stripe, SMTP, Mailbox int
}

// PortsFromEnvironment reads FAREBOOK_PORT_API and its like. All that is wrong is named in one error.
func PortsFromEnvironment() (Ports, error) {
	var ports Ports
	var problems []error
	for name, port := range map[string]*int{
		"FAREBOOK_PORT_API":         &ports.API,
		"FAREBOOK_PORT_MARIADB":     &ports.MariaDB,
		"FAREBOOK_PORT_TEMPORAL":    &ports.Temporal,
		"FAREBOOK_PORT_TEMPORAL_UI": &ports.TemporalUI,
		"FAREBOOK_PORT_STRIPE":      &ports.Stripe,
		"FAREBOOK_PORT_SMTP":        &ports.SMTP,
		"FAREBOOK_PORT_MAILBOX":     &ports.Mailbox,
	} {
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
