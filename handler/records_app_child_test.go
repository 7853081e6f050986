package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"handover/handler/core/directory"
)

// recordsApp is the program under test at its address.
type recordsApp struct {
	t      *testing.T
	folder string
	url    string
	client *http.Client
	roots  *x509.CertPool
}

func buildRecordsApp(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "records-app")
	if out, err := exec.Command("go", "build", "-o", program, "../examples/records-app").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// startRecordsApp keeps the program running until the test ends: when it dies, it
// is started again on the same file.
func startRecordsApp(t *testing.T, program string, flags []string) *recordsApp {
	t.Helper()
	folder := t.TempDir()
	address := freeAddress(t)
	a := &recordsApp{t: t, folder: folder, url: "https://" + address, roots: certify(t, folder)}
	a.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.roots}}}
	flags = append([]string{"--listen", address, "--chunk", "30"}, flags...)
	ended := make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			child := exec.CommandContext(ctx, program, flags...)
			child.Dir, child.Env = folder, append(os.Environ(), "RECORDS_APP_KEY="+recordsKey)
			_ = child.Run()
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
	a.await()
	return a
}

// freeAddress finds a port for a program that dies and starts again: below those
// that systems give out by themselves, from 32768 on, so that nobody gets it
// meanwhile.
func freeAddress(t *testing.T) string {
	t.Helper()
	const lowest, ports, tries = 10_000, 10_000, 50
	for range tries {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+mathrand.IntN(ports))))
		if err == nil {
			_ = listener.Close()
			return listener.Addr().String()
		}
	}
	t.Fatalf("%d ports of %d are taken", tries, ports)
	return ""
}

// certify writes a certificate for the loopback address into a folder.
func certify(t *testing.T, folder string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return pool
}

// await waits until the program takes connections.
func (a *recordsApp) await() {
	a.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", a.url[len("https://"):])
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			a.t.Fatal("the records app does not start")
		}
	}
}

func (a *recordsApp) ask(method, path string, body, into any) {
	a.t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	request, err := http.NewRequest(method, a.url+path, bytes.NewReader(content))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+recordsKey)
	answer, err := a.client.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		a.t.Fatalf("%s %s: %d, %v", method, path, answer.StatusCode, err)
	}
}

// owned counts the open and closed records of a user, and wants none twice.
func (a *recordsApp) owned(owner directory.ID) (open, closed int) {
	a.t.Helper()
	var list struct {
		Records []struct {
			Type, ID string
			Open     bool
		}
	}
	a.ask(http.MethodGet, "/records?owner="+owner.String(), nil, &list)
	seen := map[string]bool{}
	for _, r := range list.Records {
		if seen[r.Type+" "+r.ID] {
			a.t.Errorf("%s %s is there twice", r.Type, r.ID)
		}
		seen[r.Type+" "+r.ID] = true
		if r.Open {
			open++
		} else {
			closed++
		}
	}
	return open, closed
}
