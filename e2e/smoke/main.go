// Command smoke lets one user leave in a deployed Handover and waits until what
// the user owned has gone to the Master Admin. `make smoke` calls it after
// Entra's cycle was played against the same tenant.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// patience is how long a leave may take: a cold start of the function that
// carries it out, and a sweep that sends it a second time.
const patience = 3 * time.Minute

func main() {
	s := &smoke{}
	flag.StringVar(&s.url, "url", "", "address of the app, for example https://APP.azurewebsites.net")
	flag.StringVar(&s.tenant, "tenant", "smoke", "id of the tenant")
	flag.StringVar(&s.domain, "domain", "acme.com", "a verified domain of the tenant")
	flag.StringVar(&s.token, "token", "", "SCIM token of the tenant")
	flag.StringVar(&s.key, "key", "", "app key of the tenant")
	flag.Parse()
	s.url = strings.TrimRight(s.url, "/")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "smoke: "+err.Error())
		os.Exit(1)
	}
}

// smoke is one leave of one user with one record.
type smoke struct{ url, tenant, domain, token, key string }

func (s *smoke) run(ctx context.Context) error {
	name := "smoke-" + strconv.FormatInt(time.Now().UnixMilli(), 36)
	users := s.url + "/scim/" + s.tenant + "/v2/Users"
	record := s.url + "/app/v1/" + s.tenant + "/records/quote/" + name
	var user struct{ ID string }
	body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"` + name + "@" + s.domain + `","active":true}`
	if err := s.call(ctx, http.MethodPost, users, s.token, body, &user); err != nil {
		return err
	}
	if err := s.call(ctx, http.MethodPut, record, s.key, `{"owner":"`+user.ID+`","title":"Smoke","status":"open"}`, nil); err != nil {
		return err
	}
	left := time.Now()
	body = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":false}]}`
	if err := s.call(ctx, http.MethodPatch, users+"/"+user.ID, s.token, body, nil); err != nil {
		return err
	}
	owner, err := s.handedOver(ctx, record, user.ID)
	if err != nil {
		return err
	}
	fmt.Printf("The record of %s went to %s %d ms after the PATCH that disabled its owner.\n", name, owner, time.Since(left).Milliseconds())
	if err := s.call(ctx, http.MethodDelete, record, s.key, "", nil); err != nil {
		return err
	}
	return s.call(ctx, http.MethodDelete, users+"/"+user.ID, s.token, "", nil)
}

// handedOver waits until the record has another owner.
func (s *smoke) handedOver(ctx context.Context, record, leaver string) (string, error) {
	for {
		var now struct{ Owner string }
		if err := s.call(ctx, http.MethodGet, record, s.key, "", &now); err != nil {
			return "", err
		}
		if now.Owner != leaver {
			return now.Owner, nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("the record is still with the leaver after %v: see docs/runbook.md, Leaves are overdue; is the tenant's Master Admin an active user", patience)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func (s *smoke) call(ctx context.Context, method, address, token, body string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %s", method, address, answer.Status, bytes.TrimSpace(content))
	case into == nil:
		return nil
	}
	return json.Unmarshal(content, into)
}
