package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help tells how to use what is printed.
func (completionCommand) Help() string {
	return "bash and zsh: source <(handover completion bash). fish: handover completion fish | source."
}

// place is a command and what may follow it.
type place struct {
	// path is the command's words, each behind a space: " tenant create".
	path string
	// words are the commands below it, and its flags.
	words []string
}

// Run prints a script for the shell, made of the grammar of the command line.
func (c *completionCommand) Run(m *Main, parsed *kong.Context) error {
	places := placesOf(parsed.Model.Node, "")
	switch c.Shell {
	case "fish":
		return completeFish(m.Stdout, places)
	case "zsh":
		if _, err := fmt.Fprintln(m.Stdout, "autoload -U +X bashcompinit && bashcompinit"); err != nil {
			return err
		}
	}
	return completeBash(m.Stdout, places)
}

func placesOf(node *kong.Node, path string) []place {
	here, below := place{path: path}, []place(nil)
	for _, child := range node.Children {
		if !child.Hidden {
			here.words = append(here.words, child.Name)
			below = append(below, placesOf(child, path+" "+child.Name)...)
		}
	}
	for _, flag := range node.Flags {
		if !flag.Hidden {
			here.words = append(here.words, "--"+flag.Name)
		}
	}
	for _, argument := range node.Positional {
		if argument.Enum != "" {
			here.words = append(here.words, argument.EnumSlice()...)
		}
	}
	return append([]place{here}, below...)
}

// paths are those of all commands, quoted for a shell.
func paths(places []place, between string) string {
	var quoted []string
	for _, p := range places[1:] {
		quoted = append(quoted, `"`+p.path+`"`)
	}
	return strings.Join(quoted, between)
}

func completeBash(w io.Writer, places []place) error {
	var cases strings.Builder
	for _, p := range places {
		fmt.Fprintf(&cases, "    %q) words=%q ;;\n", p.path, strings.Join(p.words, " "))
	}
	_, err := fmt.Fprintf(w, `_handover() {
  local path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
    %s) path="$path ${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
%s  esac
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _handover handover
`, paths(places, "|"), cases.String())
	return err
}

func completeFish(w io.Writer, places []place) error {
	var lines strings.Builder
	for _, p := range places {
		fmt.Fprintf(&lines, "complete -c handover -f -n 'test \"$(__handover_path)\" = %q' -a %q\n", p.path, strings.Join(p.words, " "))
	}
	_, err := fmt.Fprintf(w, `function __handover_path
    set -l path ""
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
            case %s
                set path "$path $word"
        end
    end
    echo "$path"
end
%s`, paths(places, " "), lines.String())
	return err
}
