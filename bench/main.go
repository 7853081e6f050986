// Command bench is the load generator: it plays a closed loop of SCIM requests
// against a running Handover, checks every answer, and prints rates and
// latencies. A wrong answer ends the run.
//
// It speaks HTTP/1.1 over connections of its own, one a worker and one request
// in flight on each, so that on a machine that it shares with the server it
// takes as little as it can.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	target := flag.String("url", "", "Tenant URL, as token issue prints it")
	token := flag.String("token", "", "secret token of the tenant")
	connections := flag.Int("connections", 8, "workers, each with a connection of its own")
	users := flag.Int("users", 2000, "users to create in the first phase")
	reads := flag.Int("reads", 40000, "GET requests")
	fill := flag.Int("fill", 20000, "users to have before the second filter phase")
	members := flag.Int("members", 10000, "members of the larger group")
	neighbour := flag.String("neighbour-url", "", "Tenant URL of a second tenant: measure what a storm on the first does to it, and nothing else")
	neighbourToken := flag.String("neighbour-token", "", "secret token of the second tenant")
	seconds := flag.Int("seconds", 20, "seconds of the storm, and of the quiet before it")
	leavers := flag.Int("leavers", 0, "let that many users leave, and measure that and nothing else")
	records := flag.Int("records", 100, "open records of each leaver")
	together := flag.Bool("together", false, "let all leavers go at once rather than one after another")
	appKey := flag.String("app-key", "", "app key of the tenant, for leavers")
	operatorKey := flag.String("operator-key", "", "operator key, for leavers")
	receiver := flag.String("master-admin", "ann@acme.com", "userName of the tenant's Master Admin, for leavers")
	beside := flag.String("beside", "", "host:port of further processes of the same deployment, with commas between: what a directory sends is spread over all")
	flag.Parse()
	b, err := newBench(*target, *token, *connections)
	if err != nil {
		return err
	}
	if *beside != "" {
		b.hosts = append(b.hosts, strings.Split(*beside, ",")...)
	}
	if *leavers > 0 {
		d, err := newDepartures(b, *appKey, *operatorKey, *receiver, *records)
		if err != nil {
			return err
		}
		return d.measure(*leavers, *together)
	}
	if *neighbour != "" {
		n, err := newBench(*neighbour, *neighbourToken, 1)
		if err != nil {
			return err
		}
		return b.storm(n, time.Duration(*seconds)*time.Second)
	}
	fmt.Printf("| phase | connections | requests | requests/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|\n")
	return b.phases(*users, *reads, *fill, *members)
}

func newBench(target, token string, connections int) (*bench, error) {
	base, err := url.Parse(target)
	if err != nil || base.Host == "" || token == "" {
		return nil, errors.New("name a tenant with --url and --token, for example --url http://127.0.0.1:8080/scim/acme/v2 --token hvs_…")
	}
	return &bench{
		hosts: []string{base.Host}, path: strings.TrimSuffix(base.Path, "/"), token: token, connections: connections,
		content: "application/scim+json",
		prefix:  fmt.Sprintf("b%d", time.Now().UnixNano()%1_000_000_000),
	}, nil
}

// bench is one run against one tenant.
type bench struct {
	// hosts are the processes that answer; what needs one connection asks the
	// first.
	hosts       []string
	path, token string
	// content is the media type of what is sent.
	content     string
	connections int
	// prefix makes the names of this run its own.
	prefix string
	ids    []string
}

func (b *bench) phases(users, reads, fill, members int) error {
	if err := b.create("create", users); err != nil {
		return err
	}
	steps := []func() error{
		func() error { return b.get(reads) },
		func() error { return b.filter(fmt.Sprintf("userName eq, %d users", len(b.ids)), reads/4) },
		func() error { return b.patch(users) },
		func() error { return b.create("create (fill)", fill-users) },
		func() error { return b.filter(fmt.Sprintf("userName eq, %d users", len(b.ids)), reads/4) },
		func() error { return b.addMembers(1000, 2000) },
		func() error { return b.addMembers(members, 2000) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) create(name string, n int) error {
	first := len(b.ids)
	b.ids = append(b.ids, make([]string, max(n, 0))...)
	return b.phase(name, n, func(c *conn, i int) error {
		answer, err := c.do("POST", b.path+"/Users", userBody(b.prefix, first+i), 201)
		if err != nil {
			return err
		}
		b.ids[first+i] = idOf(answer)
		if b.ids[first+i] == "" {
			return errors.New("POST /Users answered no id")
		}
		return nil
	})
}

func (b *bench) get(n int) error {
	return b.phase("GET id", n, func(c *conn, i int) error {
		id := b.ids[i*7919%len(b.ids)]
		answer, err := c.do("GET", b.path+"/Users/"+id, nil, 200)
		if err == nil && !bytes.Contains(answer, []byte(id)) {
			err = errors.New("GET /Users/{id} answered another user")
		}
		return err
	})
}

func (b *bench) filter(name string, n int) error {
	return b.phase(name, n, func(c *conn, i int) error {
		pick := i * 7919 % len(b.ids)
		filter := fmt.Sprintf("?filter=userName+eq+%%22%s%%22", userName(b.prefix, pick))
		answer, err := c.do("GET", b.path+"/Users"+filter, nil, 200)
		if err == nil && !bytes.Contains(answer, []byte(b.ids[pick])) {
			err = errors.New("the filter found another user, or none")
		}
		return err
	})
}

func (b *bench) patch(n int) error {
	return b.phase("PATCH displayName", n, func(c *conn, i int) error {
		_, err := c.do("PATCH", b.path+"/Users/"+b.ids[i], patchBody(fmt.Sprintf(
			`{"op":"Replace","path":"displayName","value":"Renamed %d"}`, i)), 200)
		return err
	})
}

// addMembers fills a group and then adds single members to it, all workers at
// once; in the end it counts them, so that a lost update fails the run.
func (b *bench) addMembers(size, adds int) error {
	if len(b.ids) < size+adds {
		return fmt.Errorf("a group of %d and %d more members needs more users; raise --fill", size, adds)
	}
	group, err := b.filledGroup(size)
	if err != nil {
		return err
	}
	err = b.phase(fmt.Sprintf("add 1 member to a group of %d", size), adds, func(c *conn, i int) error {
		_, err := c.do("PATCH", b.path+"/Groups/"+group, patchBody(fmt.Sprintf(
			`{"op":"Add","path":"members","value":[{"value":"%s"}]}`, b.ids[size+i])), 204)
		return err
	})
	if err != nil {
		return err
	}
	c, err := b.dial()
	if err != nil {
		return err
	}
	defer c.close()
	answer, err := c.do("GET", b.path+"/Groups/"+group, nil, 200)
	if got := bytes.Count(answer, []byte(`"$ref"`)); err == nil && got != size+adds {
		err = fmt.Errorf("the group has %d members, wanted %d: updates were lost", got, size+adds)
	}
	return err
}

func (b *bench) filledGroup(size int) (string, error) {
	c, err := b.dial()
	if err != nil {
		return "", err
	}
	defer c.close()
	answer, err := c.do("POST", b.path+"/Groups", []byte(fmt.Sprintf(
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"%s group of %d"}`, b.prefix, size)), 201)
	if err != nil {
		return "", err
	}
	group := idOf(answer)
	for from := 0; from < size; from += 500 {
		var list []string
		for _, id := range b.ids[from:min(from+500, size)] {
			list = append(list, `{"value":"`+id+`"}`)
		}
		operation := `{"op":"Add","path":"members","value":[` + strings.Join(list, ",") + `]}`
		if _, err := c.do("PATCH", b.path+"/Groups/"+group, patchBody(operation), 204); err != nil {
			return "", err
		}
	}
	return group, nil
}
