package telemetry_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"handover/handler/adapter/telemetry"
)

// hostSeverity is how the Functions host reads a line, by its stream.
func hostSeverity(onStderr bool, line string) string {
	switch {
	case !onStderr:
		return "Information"
	case strings.Contains(strings.ToLower(line), "warn"):
		return "Warning"
	}
	return "Error"
}

func TestSeverityByStream(t *testing.T) {
	tests := []struct {
		name  string
		level slog.Level
		text  string
		want  string
	}{
		{"debug", slog.LevelDebug, "quiet", "Information"},
		{"information", slog.LevelInfo, "request", "Information"},
		{"information that says warn", slog.LevelInfo, "Warning: nothing", "Information"},
		{"between information and warning", slog.LevelInfo + 2, "notice", "Information"},
		{"warning", slog.LevelWarn, "slow", "Warning"},
		{"between warning and error", slog.LevelWarn + 2, "slower", "Warning"},
		{"error", slog.LevelError, "broken", "Error"},
		{"error that says warn", slog.LevelError, "the server warned: WARN, Warning", "Error"},
		{"above error", slog.LevelError + 4, "warn", "Error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			log := slog.New(telemetry.NewHandler(&stdout, &stderr, slog.LevelDebug))
			log.Log(t.Context(), test.level, test.text, "error", test.text)
			if (stdout.Len() > 0) == (stderr.Len() > 0) {
				t.Fatalf("one stream must hold the line; stdout %q, stderr %q", &stdout, &stderr)
			}
			line := stdout.String() + stderr.String()
			if got := hostSeverity(stderr.Len() > 0, line); got != test.want {
				t.Errorf("the host reads %s, wanted %s: %s", got, test.want, line)
			}
			var read struct{ Msg, Error string }
			if err := json.Unmarshal([]byte(line), &read); err != nil {
				t.Fatalf("not a JSON line: %v", err)
			}
			if diff := cmp.Diff([]string{test.text, test.text}, []string{read.Msg, read.Error}); diff != "" {
				t.Errorf("texts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorTextsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(`warnWARN\"é `))).Draw(t, "text")
		var stderr bytes.Buffer
		slog.New(telemetry.NewHandler(io.Discard, &stderr, slog.LevelInfo)).Error(text)
		var read struct{ Msg string }
		if err := json.Unmarshal(stderr.Bytes(), &read); err != nil || read.Msg != text {
			t.Fatalf("wrote %q, read %q (%v) from %s", text, read.Msg, err, &stderr)
		}
		if strings.Contains(strings.ToLower(stderr.String()), "warn") {
			t.Fatalf("the host would read a warning: %s", &stderr)
		}
	})
}

func TestLevelAndAttributes(t *testing.T) {
	var stdout, stderr bytes.Buffer
	log := slog.New(telemetry.NewHandler(&stdout, &stderr, slog.LevelInfo)).With("process", 7).WithGroup("leave")
	log.Debug("not written")
	log.Info("a", "id", 1)
	log.Warn("b", "id", 2)
	log.Error("c", "id", 3)
	for _, want := range []string{`"msg":"a","process":7,"leave":{"id":1}}`, `"msg":"b","process":7,"leave":{"id":2}}`, `"msg":"c","process":7,"leave":{"id":3}}`} {
		if !strings.Contains(stdout.String()+stderr.String(), want) {
			t.Errorf("no %s in %s%s", want, &stdout, &stderr)
		}
	}
	if strings.Contains(stdout.String(), "not written") {
		t.Error("a record below the level was written")
	}
}

// TestLinesStayWhole writes from many goroutines at levels that share stderr;
// the race detector watches the buffer.
func TestLinesStayWhole(t *testing.T) {
	var stderr bytes.Buffer
	log := slog.New(telemetry.NewHandler(io.Discard, &stderr, slog.LevelInfo))
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 50 {
				log.Warn("slow")
				log.Error("broken")
			}
		})
	}
	writers.Wait()
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	if len(lines) != 800 {
		t.Errorf("%d lines, wanted 800", len(lines))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Fatalf("torn line: %q", line)
		}
	}
}

func TestNoAllocationWaste(t *testing.T) {
	log := slog.New(telemetry.NewHandler(io.Discard, io.Discard, slog.LevelInfo))
	ctx := t.Context()
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		// None without the race detector, which empties the pool of buffers now and then.
		if n := testing.AllocsPerRun(100, func() { log.LogAttrs(ctx, level, "request", slog.Int("status", 200)) }); n > 1 {
			t.Errorf("%v: %v allocations a line, wanted none", level, n)
		}
	}
}
