package azuretest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// startWithin is how long an emulator may take until it answers: a second on an
// idle laptop, far more on a small machine where every package of the project
// starts one at the same time.
const startWithin = 5 * time.Minute

// emulator is a script of local/ that runs.
type emulator struct {
	// addresses is what the script printed when it was ready.
	addresses map[string]string
	// stdin must stay reachable: the script ends when it closes, which the
	// system does even for a test binary that was killed.
	stdin io.Closer
}

// start runs a script of local/ until the test binary ends.
func start(script string, flags ...string) (*emulator, error) {
	folder, err := Install()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("node", append([]string{filepath.Join(folder, script)}, flags...)...)
	cmd.Dir = folder
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start local/%s: %w", script, err)
	}
	overdue := time.AfterFunc(startWithin, func() { _ = cmd.Process.Kill() })
	defer overdue.Stop()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		_ = cmd.Wait()
		return nil, fmt.Errorf("local/%s ended before it was ready (%s): %s", script, cmd.ProcessState, &complaints)
	}
	started := &emulator{stdin: stdin}
	if err := json.Unmarshal(line, &started.addresses); err != nil {
		return nil, fmt.Errorf("local/%s printed something else than its addresses: %w", script, err)
	}
	return started, nil
}

// nodeMajor is the oldest Node that local/ runs on.
const nodeMajor = 20

// checkTools says what is missing on this machine.
func checkTools() error {
	advice := fmt.Sprintf("install Node %d or newer with npm from https://nodejs.org, and run the tests again", nodeMajor)
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("these tests need %s, which is not on the PATH: %s", tool, advice)
		}
	}
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return fmt.Errorf("node --version fails (%w): %s", err, advice)
	}
	version := strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < nodeMajor {
		return fmt.Errorf("these tests need Node %d, but node is %s: %s", nodeMajor, version, advice)
	}
	return nil
}
