package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/freeport"
)

// typeScript begins the names of the actors who call the API by the client for TypeScript.
const typeScript = "typescript"

// callTime is a little more than a call may take in sdk/typescript/test/caller.ts.
const callTime = 35 * time.Second

// Node is what runs the client for TypeScript.
type Node struct {
	Path   string // of Node
	Caller string // the program that calls by the client
	Why    string // why Path or Caller is missing; empty when both exist
}

// FindNode finds Node and the program in a checkout, where `make storm` has compiled it.
func FindNode(root string) Node {
	path, err := exec.LookPath("node")
	if err != nil {
		return Node{Why: "node is not installed"}
	}
	caller := filepath.Join(root, "sdk", "typescript", "build", "test", "caller.js")
	if _, err := os.Stat(caller); err != nil {
		return Node{Why: caller + " is not compiled: run `make storm`"}
	}
	return Node{Path: path, Caller: caller}
}

// typeScriptClient is a process that calls the API by the client for TypeScript, for one traveller in four.
type typeScriptClient struct {
	node    Node
	process *devstack.Supervised
	url     string
	http    http.Client
}

func (c *typeScriptClient) start(ctx context.Context, stack *devstack.Stack) error {
	if c.node.Why != "" {
		return nil
	}
	port, err := freeport.Next()
	if err != nil {
		return err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	c.url, c.http = "http://"+address, http.Client{Timeout: callTime}
	c.process = stack.SuperviseOther(typeScript, c.node.Path, []string{c.node.Caller, strconv.Itoa(port)},
		[]string{"FAREBOOK_API_URL=" + stack.APIURL})
	return until(ctx, time.Minute, "the client for TypeScript does not listen at "+address, func() bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
		if err != nil {
			return false
		}
		response, err := c.http.Do(request)
		return err == nil && response.Body.Close() == nil // it answers
	})
}

func (c *typeScriptClient) end() {
	if c.process != nil {
		c.process.End()
	}
}

// once has the client carry out a call, with its own retries. A process that dies meanwhile gives no answer: the traveller repeats the call
// under its key, as the caller's next process does.
func (c *typeScriptClient) once(ctx context.Context, token, path, key string, body []byte) (answer Answer, again bool, err error) {
	call, err := json.Marshal(struct {
		Path   string          `json:"path"`
		Key    string          `json:"key"`
		APIKey string          `json:"apiKey"`
		Body   json.RawMessage `json:"body,omitempty"`
	}{path, key, token, body})
	if err != nil {
		return Answer{}, true, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(call))
	if err != nil {
		return Answer{}, true, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, true, err
	}
	defer func() { _ = response.Body.Close() }() // read to its end
	if response.StatusCode != http.StatusOK {
		return Answer{}, true, fmt.Errorf("the client for TypeScript got no answer to %s", pattern(path))
	}
	var got struct {
		Status int
		Again  bool
		Text   string
	}
	err = json.NewDecoder(response.Body).Decode(&got)
	return Answer{Status: got.Status, Body: []byte(got.Text)}, again || got.Again, err
}
