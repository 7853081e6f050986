package approot

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// packed is the time of every entry: the first that a zip file can say. The
// hour of the build would make each package another one.
var packed = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Package makes the package that is deployed, out/handover-<arch>.zip, for
// Linux on amd64 or arm64, and returns its path. The same sources and the same
// Go make the same bytes.
func (s Source) Package(ctx context.Context, out, arch string) (string, error) {
	if arch != "amd64" && arch != "arm64" {
		return "", fmt.Errorf("there is no package for %q: Azure Functions runs on amd64, this program on arm64, too", arch)
	}
	files, err := s.files()
	if err != nil {
		return "", err
	}
	if files[Program], err = s.program(ctx, arch); err != nil {
		return "", err
	}
	content, err := pack(files)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(out, Program+"-"+arch+".zip")
	return path, os.WriteFile(path, content, 0o644)
}

// program is the handler as Azure runs it: statically linked, for Linux.
func (s Source) program(ctx context.Context, arch string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "handover-package-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	target := filepath.Join(folder, Program)
	if err := s.build(ctx, target, "linux", arch); err != nil {
		return nil, err
	}
	return os.ReadFile(target)
}

func pack(files map[string][]byte) ([]byte, error) {
	var content bytes.Buffer
	w := zip.NewWriter(&content)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		header := &zip.FileHeader{Name: path, Method: zip.Deflate, Modified: packed}
		// SetMode also says "created by Unix", without which nobody looks at the
		// execute bit.
		header.SetMode(modeOf(path))
		entry, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(files[path]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

// modeOf lets the program be executed, and keeps settings, which hold keys,
// from other users of the machine.
func modeOf(path string) fs.FileMode {
	switch path {
	case Program:
		return 0o755
	case settingsFile:
		return 0o600
	}
	return 0o644
}
