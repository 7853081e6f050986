package approot_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"debug/elf"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handover/functions/approot"
)

const repository = "../.."

func source(root string) approot.Source { return approot.Source{Root: root, Random: rand.Reader} }

// sources copies what a build needs from one folder into another.
func sources(t *testing.T, repository string) string {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{"handler", "functions"} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join(repository, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum", "host.json", "local.settings.sample.json"} {
		write(t, filepath.Join(root, file), read(t, filepath.Join(repository, file)))
	}
	return root
}

// smallSource is a repository in little, whose program builds at once.
func smallSource(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for path, content := range map[string]string{
		"go.mod":                        "module handover\n\ngo 1.26\n",
		"handler/main.go":               "package main\n\nfunc main() {}\n",
		"host.json":                     `{"version": "2.0"}`,
		"functions/main.go":             "package main\n",
		"functions/scim/function.json":  `{"bindings": []}`,
		"functions/sweep/function.json": `{"bindings": [{}]}`,
		"local.settings.sample.json":    `{"IsEncrypted": false, "Values": {"HANDOVER_OPERATOR_KEY": "", "HANDOVER_KEYS": "", "HANDOVER_QUEUE": "q"}}`,
	} {
		write(t, filepath.Join(root, filepath.FromSlash(path)), []byte(content))
	}
	return root
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// tree lists the files below a folder.
func tree(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAssemble(t *testing.T) {
	root, out := smallSource(t), filepath.Join(t.TempDir(), "dist")
	write(t, filepath.Join(out, "gone", "function.json"), []byte("{}"))
	write(t, filepath.Join(out, "data", "handover.db"), []byte("data"))
	if err := source(root).Assemble(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	want := []string{"data/handover.db", "handover", "host.json", "local.settings.json", "scim/function.json", "sweep/function.json"}
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("app root (-want +got):\n%s", diff)
	}
	for _, path := range []string{"host.json", "scim/function.json"} {
		from := filepath.Join(root, path)
		if path != "host.json" {
			from = filepath.Join(root, "functions", path)
		}
		if !bytes.Equal(read(t, from), read(t, filepath.Join(out, path))) {
			t.Errorf("%s is not the source's", path)
		}
	}
	if info, err := os.Stat(filepath.Join(out, "handover")); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("the program cannot be executed: %v %v", info.Mode(), err)
	}
}

func TestLocalSettings(t *testing.T) {
	root, out := smallSource(t), t.TempDir()
	values := func() map[string]string {
		t.Helper()
		if err := source(root).Assemble(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		settings, err := approot.ReadLocalSettings(filepath.Join(out, "local.settings.json"))
		if err != nil {
			t.Fatal(err)
		}
		return settings.Values
	}
	first := values()
	if len(first["HANDOVER_OPERATOR_KEY"]) != 64 || len(first["HANDOVER_KEYS"]) != len("local:")+64 || first["HANDOVER_QUEUE"] != "q" {
		t.Errorf("from the sample: %v", first)
	}
	if diff := cmp.Diff(first, values()); diff != "" {
		t.Errorf("the key changes with each run: %s", diff)
	}
	write(t, filepath.Join(root, "local.settings.json"), []byte(`{"Values": {"HANDOVER_OPERATOR_KEY": "my own"}}`))
	if got := values()["HANDOVER_OPERATOR_KEY"]; got != "my own" {
		t.Errorf("the developer's own settings were not taken: %q", got)
	}
}

func TestRefusedSources(t *testing.T) {
	tests := []struct {
		name, path, content, says string
	}{
		{"a function named as the program", "functions/handover/function.json", "{}", "neither"},
		{"a function named host", "functions/host/function.json", "{}", "neither"},
		{"a name in capitals", "functions/Scim/function.json", "{}", "the host takes names"},
		{"no JSON", "functions/scim/function.json", "{", "not JSON"},
		{"a program that does not build", "handler/main.go", "package main", "does not build"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := smallSource(t)
			write(t, filepath.Join(root, filepath.FromSlash(test.path)), []byte(test.content))
			err := source(root).Assemble(t.Context(), t.TempDir())
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("said %v, wanted %q in it", err, test.says)
			}
		})
	}
	if _, err := source(smallSource(t)).Package(t.Context(), t.TempDir(), "386"); err == nil {
		t.Error("a package for a processor that Azure does not have")
	}
}

// TestPackageIsReproducible makes the real package in two folders: where and
// when it is made must not show in it.
func TestPackageIsReproducible(t *testing.T) {
	first := sources(t, repository)
	var packages [][]byte
	for _, root := range []string{first, sources(t, first)} {
		path, err := source(root).Package(t.Context(), t.TempDir(), "amd64")
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, read(t, path))
	}
	if !bytes.Equal(packages[0], packages[1]) {
		t.Error("the same sources made two different packages")
	}
	checkPackage(t, packages[0], elf.EM_X86_64)
}

func checkPackage(t *testing.T, content []byte, machine elf.Machine) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	names, err := source(repository).Functions()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"handover", "host.json"}
	for _, name := range names {
		want = append(want, name+"/function.json")
	}
	slices.Sort(want)
	var got []string
	for _, entry := range archive.File {
		got = append(got, entry.Name)
		if entry.CreatorVersion>>8 != 3 || !entry.Modified.Equal(archive.File[0].Modified) {
			t.Errorf("%s: creator %d, time %v", entry.Name, entry.CreatorVersion>>8, entry.Modified)
		}
		mode := map[bool]fs.FileMode{true: 0o755, false: 0o644}[entry.Name == "handover"]
		if entry.Mode() != mode {
			t.Errorf("%s: mode %v, wanted %v", entry.Name, entry.Mode(), mode)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	checkProgram(t, archive, machine)
}

// checkProgram wants a static program for the right processor, under the name
// that host.json starts.
func checkProgram(t *testing.T, archive *zip.Reader, machine elf.Machine) {
	t.Helper()
	var host struct {
		CustomHandler struct {
			Description struct{ DefaultExecutablePath string }
		}
	}
	if err := json.Unmarshal(entry(t, archive, "host.json"), &host); err != nil {
		t.Fatal(err)
	}
	program, err := elf.NewFile(bytes.NewReader(entry(t, archive, host.CustomHandler.Description.DefaultExecutablePath)))
	if err != nil {
		t.Fatal(err)
	}
	if libraries, err := program.ImportedLibraries(); program.Machine != machine || len(libraries) > 0 || err != nil {
		t.Errorf("the program is for %v and wants %v (%v)", program.Machine, libraries, err)
	}
}

func entry(t *testing.T, archive *zip.Reader, name string) []byte {
	t.Helper()
	file, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
