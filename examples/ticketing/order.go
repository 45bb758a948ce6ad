package ticketing

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// Order is what a traveller has ordered. Names and addresses stay in the shop's own records: the workflow and its history have the id of
// the order only.
type Order struct {
	ID                   string
	Name, Email          string
	Flight, From, To     string
	DepartsAt, ArrivesAt string // RFC 3339, local time with its offset
	Amount               int64  // minor units
	Currency             string
}

// Orders finds an order by its id.
type Orders interface {
	Order(id string) (Order, error)
}

// Folder keeps each order in a file, as an example of the shop's database.
type Folder string

var orderID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// Keep writes an order.
func (f Folder) Keep(o Order) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	path, err := f.path(o.ID)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// Order reads an order.
func (f Folder) Order(id string) (o Order, err error) {
	path, err := f.path(id)
	if err != nil {
		return Order{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Order{}, err
	}
	return o, json.Unmarshal(text, &o)
}

func (f Folder) path(id string) (string, error) {
	if !orderID.MatchString(id) {
		return "", fmt.Errorf("invalid id of an order %q: must be letters, digits and dashes", id)
	}
	return filepath.Join(string(f), id+".json"), nil
}
