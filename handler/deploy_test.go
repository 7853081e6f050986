package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeployWithoutAzure runs the script as make does, with an az that only
// tells what it was asked, or with none.
func TestDeployWithoutAzure(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatalf("the script of make deploy needs bash: %v", err)
	}
	az := t.TempDir()
	if err := os.WriteFile(filepath.Join(az, "az"), []byte("#!"+bash+"\necho \"az $*\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path, arguments, said string }{
		{"no az", t.TempDir(), "deploy group public", "az is missing: install the Azure CLI"},
		{"no az for what-if", t.TempDir(), "what-if group public", "az is missing: install the Azure CLI"},
		{"no group", az, "deploy", "make deploy needs RG="},
		{"a cloud that is none", az, "what-if group germany", "ENV is public, usgovernment or china"},
		{"what-if", az, "what-if group china", "changes nothing.\naz deployment group what-if --resource-group group --parameters infra/china.bicepparam"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			script := exec.Command(bash, append([]string{"../infra/deploy.sh"}, strings.Fields(test.arguments)...)...)
			script.Env = []string{"PATH=" + test.path}
			output, err := script.CombinedOutput()
			if failed := err != nil; failed != (test.name != "what-if") || !strings.Contains(string(output), test.said) {
				t.Errorf("%v, said %q, wanted %q", err, output, test.said)
			}
		})
	}
}
