package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one connection with one request in flight.
type conn struct {
	net.Conn
	reader *bufio.Reader
	header string
	out    []byte
}

func (b *bench) dial() (*conn, error) { return b.dialTo(b.hosts[0]) }

func (b *bench) dialTo(host string) (*conn, error) {
	c, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	return &conn{
		Conn: c, reader: bufio.NewReaderSize(c, 64<<10),
		header: " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + b.token + "\r\nContent-Type: " + b.content + "\r\n",
	}, nil
}

func (c *conn) close() { _ = c.Close() }

// do sends a request and returns the answer's body, if its status is the one
// wanted.
func (c *conn) do(method, path string, body []byte, want int) ([]byte, error) {
	status, read, err := c.ask(method, path, body)
	if err == nil && status != want {
		err = fmt.Errorf("%s %s answered %d, wanted %d: %s", method, path, status, want, bytes.TrimSpace(read))
	}
	return read, err
}

// ask sends a request and returns status and body of the answer.
func (c *conn) ask(method, path string, body []byte) (int, []byte, error) {
	c.out = fmt.Appendf(c.out[:0], "%s %s%sContent-Length: %d\r\n\r\n%s", method, path, c.header, len(body), body)
	if _, err := c.Write(c.out); err != nil {
		return 0, nil, err
	}
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	return answer.StatusCode, read, err
}

// phase runs n requests over all workers and prints a row.
func (b *bench) phase(name string, n int, request func(c *conn, i int) error) error {
	if n <= 0 {
		return nil
	}
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	took := make([]time.Duration, n)
	began := time.Now()
	for worker := range b.connections {
		workers.Go(func() {
			if err := b.work(b.hosts[worker%len(b.hosts)], &next, took, &failed, request); err != nil {
				failed.CompareAndSwap(nil, &err)
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return fmt.Errorf("%s: %w", name, *err)
	}
	whole := time.Since(began)
	slices.Sort(took)
	fmt.Printf("| %s | %d | %d | %.0f | %.3f | %.3f |\n", name, b.connections, n, float64(n)/whole.Seconds(),
		ms(took[n/2]), ms(took[n*99/100]))
	return nil
}

func (b *bench) work(host string, next *atomic.Int64, took []time.Duration, failed *atomic.Pointer[error], request func(c *conn, i int) error) error {
	c, err := b.dialTo(host)
	if err != nil {
		return err
	}
	defer c.close()
	for failed.Load() == nil {
		i := int(next.Add(1)) - 1
		if i >= len(took) {
			return nil
		}
		began := time.Now()
		if err := request(c, i); err != nil {
			return err
		}
		took[i] = time.Since(began)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
