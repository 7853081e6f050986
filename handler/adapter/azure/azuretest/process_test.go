package azuretest

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestEmulatorEndsWithItsTest closes what the system closes when a test binary
// is killed.
func TestEmulatorEndsWithItsTest(t *testing.T) {
	for script, marked := range map[string][2]string{
		"azurite.mjs":    {"TableConnection", "TableEndpoint=http://"},
		"servicebus.mjs": {"admin", "http://"},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			emulator, err := start(script)
			if err != nil {
				t.Fatal(err)
			}
			_, address, _ := strings.Cut(emulator.addresses[marked[0]], marked[1])
			host, _, _ := strings.Cut(address, "/")
			if !answers(host) {
				t.Fatalf("nobody at %s", host)
			}
			if err := emulator.stdin.Close(); err != nil {
				t.Fatal(err)
			}
			for began := time.Now(); answers(host); time.Sleep(10 * time.Millisecond) {
				if time.Since(began) > time.Minute {
					t.Fatal("it still runs")
				}
			}
		})
	}
}

func answers(host string) bool {
	conn, err := net.Dial("tcp", host)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

func TestStartSaysWhatWentWrong(t *testing.T) {
	_, err := start("servicebus.mjs", "--no-such-flag", "1")
	if err == nil || !strings.Contains(err.Error(), "The flags are: --port") {
		t.Errorf("error %v, want what the script said", err)
	}
}

// TestMissingToolsAreNamed has no Node on the PATH.
func TestMissingToolsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := checkTools(); err == nil || !strings.Contains(err.Error(), "install Node 20 or newer") {
		t.Errorf("error %v, want one that says what to install", err)
	}
}

func TestOldNodeIsNamed(t *testing.T) {
	folder := t.TempDir()
	for tool, says := range map[string]string{"node": "v18.19.0", "npm": "10"} {
		if err := os.WriteFile(filepath.Join(folder, tool), []byte("#!/bin/sh\necho "+says+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	if err := checkTools(); err == nil || !strings.Contains(err.Error(), "node is v18.19.0") {
		t.Errorf("error %v, want one that names the version", err)
	}
}

func TestInstalledIsNewerThanTheLockfile(t *testing.T) {
	folder := t.TempDir()
	lockfile, done := filepath.Join(folder, "package-lock.json"), filepath.Join(folder, "node_modules", ".package-lock.json")
	if err := os.Mkdir(filepath.Dir(done), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(path string, age time.Duration) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	write(lockfile, time.Hour)
	if installed(folder) {
		t.Error("nothing is installed")
	}
	write(done, time.Minute)
	if !installed(folder) {
		t.Error("it is installed after the lockfile was written")
	}
	write(lockfile, 0)
	if installed(folder) {
		t.Error("the lockfile is newer than what is installed")
	}
}

// TestIdleConnectionsAreKept wants them kept for longer than our clients keep
// them, which is 90 s: a request into a connection that is just being closed is
// lost.
func TestIdleConnectionsAreKept(t *testing.T) {
	bus, err := serviceBus()
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(strings.TrimSuffix(Tables(t), ";"), "TableEndpoint=")
	for _, address := range []string{tables, bus.addresses["admin"]} {
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		said := answer.Header.Get("Keep-Alive")
		if seconds, err := strconv.Atoi(strings.TrimPrefix(said, "timeout=")); err != nil || seconds <= 90 {
			t.Errorf("%s keeps idle connections as %q says", address, said)
		}
	}
}

// TestTheHostsMechanismIsOffered reads the names that the server offers for
// signing in: the Functions host's client knows MSSBCBS alone.
func TestTheHostsMechanismIsOffered(t *testing.T) {
	emulator, err := serviceBus()
	if err != nil {
		t.Fatal(err)
	}
	endpoint, _, _ := strings.Cut(strings.TrimPrefix(emulator.addresses["ServiceBusConnection"], "Endpoint="), ";")
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("AMQP\x03\x01\x00\x00")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	var got []byte
	for !strings.Contains(string(got), "MSSBCBS") || !strings.Contains(string(got), "ANONYMOUS") {
		buffer := make([]byte, 512)
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got = append(got, buffer[:n]...)
	}
}
