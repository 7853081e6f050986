package azuretest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// installWithin bounds the wait for another test binary that installs; npm
// takes 20 s on a good connection.
const installWithin = 10 * time.Minute

// Install returns the folder local/ of the repository, with its packages in
// place; the error says what is missing on this machine. Test binaries run side
// by side, so the first one installs and the others wait.
func Install() (string, error) {
	folder, err := localFolder()
	if err != nil {
		return "", err
	}
	if err := checkTools(); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(folder, "install.db"))
	if err != nil {
		return "", fmt.Errorf("wait for another npm in %s: %w", folder, err)
	}
	defer unlock()
	if installed(folder) {
		return folder, nil
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci --ignore-scripts in %s, which needs the network once: %w\n%s", folder, err, out)
	}
	return folder, nil
}

// localFolder finds local/ beside the go.mod above the working directory.
func localFolder() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(folder, "local"), nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("the emulators are in the folder local/ of the repository, and this test runs outside of it")
		}
		folder = parent
	}
}

// installed tells whether npm finished after the lockfile was last written: its
// own copy of it is the last file that it writes.
func installed(folder string) bool {
	wanted, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return false
	}
	done, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	return err == nil && !done.ModTime().Before(wanted.ModTime())
}

// lock holds a file for this process alone, on every operating system and not
// beyond the process's death: an empty bbolt file does just that.
func lock(path string) (unlock func(), err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: installWithin})
	if err != nil {
		return nil, err
	}
	return func() { _ = db.Close() }, nil
}
