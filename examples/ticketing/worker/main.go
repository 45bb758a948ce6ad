// Command worker runs the sales of examples/ticketing. It reads FAREBOOK_API_URL and FAREBOOK_API_KEY, AIRLINE_URL, ORDERS (a folder),
// TASK_QUEUE, and Temporal's own variables.
package main

import (
	"fmt"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/worker"

	"farebook/examples/ticketing"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ticketing:", err)
		os.Exit(1)
	}
}

func run() error {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return err
	}
	temporal, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer temporal.Close()
	w := worker.New(temporal, os.Getenv("TASK_QUEUE"), worker.Options{})
	w.RegisterWorkflow(ticketing.Sell)
	w.RegisterActivity(&ticketing.Activities{
		Orders:   ticketing.Folder(os.Getenv("ORDERS")),
		Farebook: ticketing.Farebook{URL: os.Getenv("FAREBOOK_API_URL"), APIKey: os.Getenv("FAREBOOK_API_KEY")},
		Airline:  ticketing.Airline{URL: os.Getenv("AIRLINE_URL")},
	})
	return w.Run(worker.InterruptCh())
}
