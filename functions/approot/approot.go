// Package approot puts together what the Functions host wants to find in one
// folder: host.json, each function's function.json, the program, and for a
// local run its settings.
package approot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
)

// Program is the file name of the handler: what host.json starts as
// customHandler.description.defaultExecutablePath.
const Program = "handover"

// functionName is what the host takes for a function's name
// (azure-functions-host, Utility.cs).
var functionName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,127}$`)

// Source is the repository that an app root is made from.
type Source struct {
	// Root is its folder, the one with go.mod and host.json.
	Root string
	// Random is where the operator key of a first local run comes from.
	Random io.Reader
}

// Assemble makes an app root for this machine in the folder out. What else is
// in the folder stays, but for functions that the source no longer has.
func (s Source) Assemble(ctx context.Context, out string) error {
	files, err := s.files()
	if err != nil {
		return err
	}
	settings, err := s.localSettings(out)
	if err != nil {
		return err
	}
	if err := removeStale(out, files); err != nil {
		return err
	}
	files[settingsFile] = settings
	for path, content := range files {
		target := filepath.Join(out, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, modeOf(path)); err != nil {
			return err
		}
	}
	return s.build(ctx, filepath.Join(out, Program), runtime.GOOS, runtime.GOARCH)
}

// files is every file that the host reads, by its path below the app root with
// slashes.
func (s Source) files() (map[string][]byte, error) {
	host, err := os.ReadFile(filepath.Join(s.Root, "host.json"))
	if err != nil {
		return nil, fmt.Errorf("run this at the root of the repository: %w", err)
	}
	files := map[string][]byte{"host.json": host}
	names, err := s.Functions()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(s.Root, "functions", name, "function.json"))
		if err != nil {
			return nil, err
		}
		if !json.Valid(content) {
			return nil, fmt.Errorf("functions/%s/function.json is not JSON", name)
		}
		files[name+"/function.json"] = content
	}
	return files, nil
}

// Functions lists the functions by name, in order: the folders that hold a
// function.json.
func (s Source) Functions() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(s.Root, "functions", "*", "function.json"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range found {
		name := filepath.Base(filepath.Dir(path))
		if !functionName.MatchString(name) || name == "host" || name == Program {
			return nil, fmt.Errorf("functions/%s: the host takes names of a to z, 0 to 9, _ and -, neither %q nor %q", name, "host", Program)
		}
		names = append(names, name)
	}
	return names, nil
}

// removeStale removes the functions from an app root that are no longer there:
// the host would start them.
func removeStale(out string, files map[string][]byte) error {
	found, err := filepath.Glob(filepath.Join(out, "*", "function.json"))
	if err != nil {
		return err
	}
	for _, path := range found {
		folder := filepath.Dir(path)
		if _, wanted := files[filepath.Base(folder)+"/function.json"]; wanted {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return nil
}

// build compiles the program. It is the same byte for byte wherever and
// whenever the same sources are compiled, and needs no C library.
func (s Source) build(ctx context.Context, target, system, arch string) error {
	target, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", target, "./handler")
	command.Dir = s.Root
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("the handler does not build: %w\n%s", err, said)
	}
	return nil
}
