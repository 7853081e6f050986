package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"handover/handler/core/fault"
)

// client speaks JSON to one API of a running Handover.
type client struct {
	base, secret string
	http         *http.Client
	// match, if any, goes into If-Match.
	match string
}

// clientTimeout ends a call that nobody answers.
const clientTimeout = 30 * time.Second

// manageClient is the client of /manage/v1 that the environment names.
func (m *Main) manageClient() (*client, error) {
	settings, err := readSettings(m.Env, "client")
	if err != nil {
		return nil, err
	}
	return newClient(strings.TrimSuffix(settings.URL, "/")+"/manage/v1", settings.OperatorKey, 2), nil
}

func newClient(base, secret string, connections int) *client {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	return &client{base: base, secret: secret, http: &http.Client{Timeout: clientTimeout, Transport: transport}}
}

// matching is the client for changes of a version that was seen.
func (c *client) matching(version string) *client {
	other := *c
	if other.match = ""; version != "" {
		other.match = strconv.Quote(version)
	}
	return &other
}

// call sends one request and decodes the answer into result, which may be nil.
// It returns the answer as it came, too.
func (c *client) call(ctx context.Context, method, path string, body, result any) (json.RawMessage, error) {
	status, answer, err := c.exchange(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if status >= 300 {
		return nil, c.refusal(status, answer)
	}
	if result != nil {
		if err := json.Unmarshal(answer, result); err != nil {
			return nil, c.stranger(status).WithCause(err)
		}
	}
	return answer, nil
}

// pageSize is how many entries one page has: the most that the service gives.
const pageSize = "500"

// list reads every page of a list into result. The answer is one list with all
// of them, under the name that each page has it.
func (c *client) list(ctx context.Context, path, name, cursor string, result any) (json.RawMessage, error) {
	return c.listUpTo(ctx, path, name, cursor, 0, result)
}

// listUpTo is list for the first entries alone; most is how many, 0 for all.
func (c *client) listUpTo(ctx context.Context, path, name, cursor string, most int, result any) (json.RawMessage, error) {
	all := []json.RawMessage{}
	path, asked, _ := strings.Cut(path, "?")
	query, err := url.ParseQuery(asked)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	query.Set("limit", pageSize)
	for {
		var page map[string]json.RawMessage
		if _, err := c.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		var entries []json.RawMessage
		var next string
		if json.Unmarshal(page[name], &entries) != nil || (page["next"] != nil && json.Unmarshal(page["next"], &next) != nil) {
			return nil, c.stranger(http.StatusOK)
		}
		if all = append(all, entries...); next == "" || most > 0 && len(all) >= most {
			break
		}
		query.Set(cursor, next)
	}
	if most > 0 {
		all = all[:min(most, len(all))]
	}
	joined, err := json.Marshal(all)
	if err == nil {
		err = json.Unmarshal(joined, result)
	}
	if err != nil {
		return nil, c.stranger(http.StatusOK).WithCause(err)
	}
	return json.Marshal(map[string]json.RawMessage{name: joined})
}

func (c *client) exchange(ctx context.Context, method, path string, body any) (int, json.RawMessage, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, fmt.Errorf("client: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return 0, nil, fmt.Errorf("client: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.secret)
	if c.match != "" {
		request.Header.Set("If-Match", c.match)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, c.silent(ctx, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, c.silent(ctx, err)
	}
	return response.StatusCode, answer, nil
}

// refusal turns {"error":{"code","message"}} back into the fault it was.
func (c *client) refusal(status int, answer []byte) error {
	var said struct {
		Error struct {
			Code    fault.Code `json:"code"`
			Message string     `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &said) != nil || said.Error.Message == "" {
		return c.stranger(status)
	}
	return fault.New(cmp.Or(said.Error.Code, fault.Internal), "%s", said.Error.Message)
}

func (c *client) silent(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.New(fault.Unavailable, "stopped before %s had answered", c.base).WithCause(err)
	}
	return fault.New(fault.Unavailable, "nothing answers at %s: start \"handover dev\" there, or set HANDOVER_URL to where it runs", c.origin()).WithCause(err)
}

func (c *client) stranger(status int) *fault.Fault {
	return fault.New(fault.Unavailable, "what answers at %s is no Handover (status %d): set HANDOVER_URL to where Handover runs", c.origin(), status)
}

// origin is scheme and host of the service.
func (c *client) origin() string {
	u, err := url.Parse(c.base)
	if err != nil {
		return c.base
	}
	return u.Scheme + "://" + u.Host
}
