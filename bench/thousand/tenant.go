package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// makeTenant makes a tenant of this run alone, with what the load generator needs.
func (d *day) makeTenant(ctx context.Context) error {
	const tenants = "/manage/v1/tenants"
	_, err := d.post(ctx, tenants, map[string]any{
		"id": d.tenant, "name": "Thousand", "country": "US", "domains": []string{"*"}, "masterAdmin": "ann@acme.com",
	})
	if err != nil {
		return err
	}
	token, err := d.post(ctx, tenants+"/"+d.tenant+"/tokens", map[string]any{})
	if err != nil {
		return err
	}
	key, err := d.post(ctx, tenants+"/"+d.tenant+"/app-keys", map[string]any{})
	d.token, d.appKey = token.Token, key.Key
	return err
}

type secrets struct{ Token, Key string }

func (d *day) post(ctx context.Context, path string, body map[string]any) (made secrets, err error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return made, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.workers[0].url+path, bytes.NewReader(encoded))
	if err != nil {
		return made, err
	}
	request.Header.Set("Authorization", "Bearer "+operatorKey)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return made, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		return made, fmt.Errorf("POST %s: status %d", path, answer.StatusCode)
	}
	return made, json.NewDecoder(answer.Body).Decode(&made)
}
