package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handover/handler/core/fault"
)

func TestOperatorKeyIsMadeOnce(t *testing.T) {
	settings := Settings{Data: filepath.Join(t.TempDir(), "data")}
	made, err := operatorKeyOf(settings, rand.Reader)
	if err != nil || !made.fresh || !validKey(made.text) {
		t.Fatalf("made %+v, %v", made, err)
	}
	if _, err := os.Stat(settings.Data); !os.IsNotExist(err) {
		t.Error("the folder was written before the start was sure")
	}
	if err := made.keep(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(made.file)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the key is kept with mode %v, %v", info.Mode(), err)
	}
	again, err := operatorKeyOf(settings, rand.Reader)
	if err != nil || again.fresh || again.text != made.text {
		t.Errorf("the second start has %+v, %v; wanted the key of the first", again, err)
	}
	settings.OperatorKey = "from-the-environment"
	if given, err := operatorKeyOf(settings, rand.Reader); err != nil || given.text != settings.OperatorKey || given.file != "" {
		t.Errorf("the environment does not win: %+v, %v", given, err)
	}
}

func TestOperatorKeyWithoutRandomness(t *testing.T) {
	_, err := operatorKeyOf(Settings{Data: t.TempDir()}, strings.NewReader("short"))
	if !fault.Is(err, fault.Internal) {
		t.Errorf("made a key of no randomness: %v", err)
	}
}

// TestWelcomeShowsTheKeyOnce wants the key at the start that makes it and at no
// later one, and each time the way to get it.
func TestWelcomeShowsTheKeyOnce(t *testing.T) {
	tests := []struct {
		name     string
		key      devSecret
		has, not string
	}{
		{"fresh", devSecret{text: "s3cret", file: "data/operator-key", fresh: true}, "s3cret  (made now", "nothing to hide"},
		{"kept", devSecret{text: "s3cret", file: "data/operator-key"}, "HANDOVER_OPERATOR_KEY=$(cat data/operator-key)", "s3cret"},
		{"given", devSecret{text: "s3cret"}, "HANDOVER_OPERATOR_KEY=$HANDOVER_OPERATOR_KEY", "s3cret"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			m := &Main{Stdout: &out}
			m.welcome("http://127.0.0.1:8080", Settings{Data: "data"}, test.key, 42*time.Millisecond)
			text := out.String()
			if !strings.Contains(text, test.has) || strings.Contains(text, test.not) || !strings.HasPrefix(text, "Handover is ready in 42 ms.") {
				t.Errorf("dev says:\n%s", text)
			}
		})
	}
}

// TestServeNeverEndsWell holds because the Functions host does not start a
// handler again that ended with 0. A busy machine needs more than 200 ms to
// begin, so that is doubled until serve was there to be stopped.
func TestServeNeverEndsWell(t *testing.T) {
	data := t.TempDir()
	for after := 200 * time.Millisecond; ; after *= 2 {
		var out, errs bytes.Buffer
		m := newMain()
		m.Args, m.Stdout, m.Stderr = []string{"serve"}, &out, &errs
		m.Env = []string{"FUNCTIONS_CUSTOMHANDLER_PORT=0", someKeys, "HANDOVER_OPERATOR_KEY=0123456789abcdef", "HANDOVER_DATA=" + data}
		ctx, stop := context.WithTimeout(t.Context(), after)
		code := m.Run(ctx)
		stop()
		asked := strings.Contains(errs.String(), "serve was asked to stop")
		if code != 1 || !asked && after > patience {
			t.Fatalf("serve ended with %d: %s", code, &errs)
		}
		if asked {
			return
		}
	}
}
