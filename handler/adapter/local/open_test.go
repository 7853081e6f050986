package local_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"handover/handler/adapter/local"
	"handover/handler/adapter/table"
	"handover/handler/core/fault"
)

func insertRow(t *testing.T, rows table.Table, row string, columns ...table.Column) string {
	t.Helper()
	etags, err := rows.Transact(t.Context(), "p", []table.Operation{{Action: table.Insert, Row: row, Columns: columns}})
	if err != nil {
		t.Fatal(err)
	}
	return etags[0]
}

func TestReopenKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "handover.db")
	seen := map[string]bool{}
	for round := range 4 {
		file, err := local.Open(path, local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows := file.Table("directory")
		page, err := rows.Query(t.Context(), table.Query{Partition: "p"})
		if err != nil || len(page.Entities) != round {
			t.Fatalf("round %d: %d rows, error %v", round, len(page.Entities), err)
		}
		for _, e := range page.Entities {
			if !seen[e.ETag] {
				t.Errorf("round %d: row %s has the new ETag %s", round, e.Row, e.ETag)
			}
		}
		etag := insertRow(t, rows, string(rune('a'+round)))
		insertRow(t, rows, "gone")
		last, err := rows.Transact(t.Context(), "p", []table.Operation{{Action: table.Delete, Row: "gone"}})
		if err != nil || seen[etag] {
			t.Fatalf("round %d: ETag %s came before; delete answered %v, %v", round, etag, last, err)
		}
		seen[etag] = true
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenMakesFileAndFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "handover.db")
	openAt(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file is %v, error %v", info, err)
	}
	if info, err = os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("the folder is %v, error %v", info, err)
	}
}

// An empty file is what a crash right after its creation leaves.
func TestOpenTakesAnEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "handover.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	insertRow(t, openAt(t, path).Table("directory"), "r")
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, folder string) (path string)
		code    fault.Code
		says    string
	}{
		{"a file in use", inUse, fault.Unavailable, "in use by another process"},
		{"a newer version", newer, fault.SettingsInvalid, "newer version of Handover"},
		{"another program's database", foreign, fault.SettingsInvalid, "no data file of Handover"},
		{"a text file", textFile, fault.SettingsInvalid, "no data file of Handover"},
		{"a short text file", shortFile, fault.SettingsInvalid, "no data file of Handover"},
		{"a file that was cut off", cutOff, fault.SettingsInvalid, "damaged"},
		{"a damaged page", damagedPage, fault.SettingsInvalid, "damaged"},
		{"a folder", func(_ *testing.T, folder string) string { return folder }, fault.SettingsInvalid, "is a folder"},
		{"a missing parent", func(_ *testing.T, folder string) string { return filepath.Join(folder, "a", "b", "handover.db") }, fault.SettingsInvalid, "does not exist"},
		{"a file for a folder", fileForFolder, fault.SettingsInvalid, "cannot be opened"},
		{"an unreadable folder", unreadable, fault.SettingsInvalid, "may not be read and written"},
		{"an unreadable file", unreadableFile, fault.SettingsInvalid, "may not be read and written"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			path := test.prepare(t, folder)
			before := listing(t, folder)
			file, err := local.Open(path, local.Options{})
			if err == nil {
				_ = file.Close()
				t.Fatal("opened")
			}
			if !fault.Is(err, test.code) || !strings.Contains(fault.Of(err).Message, test.says) {
				t.Errorf("error is %v, want %s with %q", err, test.code, test.says)
			}
			if after := listing(t, folder); after != before {
				t.Errorf("the folder held\n%s\nand now holds\n%s", before, after)
			}
		})
	}
}

// listing is the names and contents of a folder.
func listing(t *testing.T, folder string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			lines = append(lines, path+" unreadable")
			return filepath.SkipDir
		}
		if content, err := os.ReadFile(path); err == nil {
			path += " " + string(content)
		}
		lines = append(lines, path, entry.Type().String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func inUse(t *testing.T, folder string) string {
	path := filepath.Join(folder, "handover.db")
	openAt(t, path)
	return path
}

// bolt makes a bbolt database with a bucket and one key.
func bolt(t *testing.T, folder, bucket, key string, value []byte) string {
	t.Helper()
	path := filepath.Join(folder, "handover.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), value)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func newer(t *testing.T, folder string) string {
	return bolt(t, folder, "handover", "format", binary.BigEndian.AppendUint32(nil, local.Format+1))
}

func foreign(t *testing.T, folder string) string {
	return bolt(t, folder, "somebody else", "key", []byte("value"))
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func textFile(t *testing.T, folder string) string {
	return write(t, filepath.Join(folder, "handover.db"), strings.Repeat("Dear diary, ", 10_000))
}

func shortFile(t *testing.T, folder string) string {
	return write(t, filepath.Join(folder, "handover.db"), "x")
}

func cutOff(t *testing.T, folder string) string {
	path := eightRows(t, folder)
	if err := os.Truncate(path, int64(3*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	return path
}

// damagedPage overwrites all pages but the first two, which only say where the
// others are.
func damagedPage(t *testing.T, folder string) string {
	path := eightRows(t, folder)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(content[2*os.Getpagesize():])
	return write(t, path, string(content))
}

// eightRows is a file with eight large rows.
func eightRows(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(folder, "handover.db")
	file, err := local.Open(path, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range strings.Fields("a b c d e f g h") {
		insertRow(t, file.Table("directory"), row, table.Column{Name: "D", Value: table.String(strings.Repeat("x", 20_000))})
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func fileForFolder(t *testing.T, folder string) string {
	return filepath.Join(write(t, filepath.Join(folder, "data"), "x"), "handover.db")
}

func unreadable(t *testing.T, folder string) string {
	data := filepath.Join(folder, "data")
	forbid(t, data, func() error { return os.Mkdir(data, 0o000) })
	return filepath.Join(data, "handover.db")
}

func unreadableFile(t *testing.T, folder string) string {
	path := filepath.Join(folder, "handover.db")
	forbid(t, path, func() error { return os.WriteFile(path, []byte("x"), 0o000) })
	return path
}

// forbid makes something without permissions, which stops everybody but root.
func forbid(t *testing.T, path string, create func() error) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	if err := create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
}

func TestClosedFile(t *testing.T) {
	file := open(t)
	rows, queue := file.Table("directory"), file.Queue("leaves", local.QueueOptions{})
	insertRow(t, rows, "r")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	_, get := rows.Get(t.Context(), "p", "r")
	_, query := rows.Query(t.Context(), table.Query{Partition: "p"})
	_, write := rows.Transact(t.Context(), "p", []table.Operation{{Action: table.Delete, Row: "r"}})
	_, receive := queue.Receive(t.Context())
	_, letters := queue.DeadLetters(t.Context())
	for name, err := range map[string]error{"Get": get, "Query": query, "Transact": write, "Receive": receive, "DeadLetters": letters} {
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
