package main_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWorkflowsArePinned wants every action of the workflows by its commit, no
// rights but reading for a whole workflow, and the commands that people run.
func TestWorkflowsArePinned(t *testing.T) {
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) != 2 {
		t.Fatalf("%d workflows: %v", len(files), err)
	}
	for _, file := range files {
		text := document(t, strings.TrimPrefix(filepath.ToSlash(file), "../"))
		for _, action := range regexp.MustCompile(`uses: (\S+)(.*)`).FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`^[\w/-]+@[0-9a-f]{40}$`).MatchString(action[1]) || !strings.Contains(action[2], "# v") {
				t.Errorf("%s: %s is not pinned by a commit with its version beside", file, action[1])
			}
		}
		if !strings.Contains(text, "\npermissions:\n  contents: read\n") || !strings.Contains(text, "run: .ci/run\n") || !strings.Contains(text, "run: make package\n") {
			t.Errorf("%s takes more rights than reading, or runs something else than everybody", file)
		}
	}
}
