package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"handover/handler/adapter/azure/azuretest"
)

// bicepNode is a node of the syntax tree of a Bicep file.
type bicepNode struct {
	Type, Text string
	Children   []bicepNode
}

// bicepFile is a file of infra/, by its name below that folder.
type bicepFile struct {
	File  string
	Wrong []string
	Root  bicepNode
}

// parseInfra parses all of infra/ by a grammar that runs on Node.
func parseInfra(t *testing.T) map[string]bicepFile {
	t.Helper()
	local, err := azuretest.Install()
	if err != nil {
		t.Fatal(err)
	}
	infra := filepath.Join(filepath.Dir(local), "infra")
	arguments := []string{filepath.Join(local, "bicep.mjs")}
	for _, pattern := range []string{"*.bicep", "*.bicepparam", "modules/*.bicep"} {
		found, err := filepath.Glob(filepath.Join(infra, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s in %s: %v", pattern, infra, err)
		}
		arguments = append(arguments, found...)
	}
	output, err := exec.Command("node", arguments...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var parsed []bicepFile
	if err := json.Unmarshal(output, &parsed); err != nil {
		t.Fatal(err)
	}
	files := map[string]bicepFile{}
	for _, file := range parsed {
		name, err := filepath.Rel(infra, file.File)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(name)] = file
	}
	return files
}

// declarations are the nodes of a kind at the top of a file, by name; each with
// the decorators in front of it.
func (f bicepFile) declarations(kind string) map[string]bicepDeclaration {
	found := map[string]bicepDeclaration{}
	decorators := ""
	for _, node := range f.Root.Children {
		if node.Type == kind+"_declaration" {
			found[node.Children[0].Text] = bicepDeclaration{node, decorators}
		}
		decorators = ""
		if node.Type == "decorators" {
			decorators = node.Text
		}
	}
	return found
}

type bicepDeclaration struct {
	bicepNode
	decorators string
}

// value is the expression after the equals sign; for a parameter without one,
// its type.
func (n bicepNode) value() bicepNode { return n.Children[len(n.Children)-1] }

// plain is the text of a string without its quotes.
func (n bicepNode) plain() string { return strings.Trim(n.Text, "'") }

// property is the value of an object's property, or an empty node.
func (n bicepNode) property(name string) bicepNode {
	for _, p := range n.Children {
		if p.Type == "object_property" && p.Children[0].plain() == name {
			return p.value()
		}
	}
	return bicepNode{}
}

// walk calls visit for the node and everything below it.
func (n bicepNode) walk(visit func(bicepNode)) {
	visit(n)
	for _, child := range n.Children {
		child.walk(visit)
	}
}
