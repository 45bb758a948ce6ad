package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// rotateKey replaces the API key of the demonstration over HTTP. The old key remains valid for an hour, so that a client can
// switch without a refused request.
func (d *demo) rotateKey(ctx context.Context) error {
	status, answer, err := d.call(ctx, http.MethodGet, "/v1/api-keys?client=development", "", nil)
	if err != nil {
		return err
	}
	var list struct {
		APIKeys []struct{ ID string }
	}
	if status != http.StatusOK || json.Unmarshal(answer, &list) != nil || len(list.APIKeys) != 1 {
		return fmt.Errorf("GET /v1/api-keys: unexpected status or list: %d: %s", status, answer)
	}
	old := list.APIKeys[0].ID
	status, answer, err = d.call(ctx, http.MethodPost, "/v1/api-keys/"+old+"/rotate", "demo-rotate", []byte(`{"overlapHours":1}`))
	if err != nil {
		return err
	}
	var fresh struct{ ID, Token string }
	if status != http.StatusCreated || json.Unmarshal(answer, &fresh) != nil || fresh.Token == "" {
		return fmt.Errorf("the rotation of the API key: unexpected status %d", status) // the response may contain a token
	}
	d.stack.APIKey = fresh.Token
	step("POST /v1/api-keys/%s/rotate → %d: %s takes over, the old key is valid for an hour", old, status, fresh.ID)
	return nil
}
