package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// printJSON writes an answer of the service as it came, indented.
func printJSON(w io.Writer, answer json.RawMessage) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, answer, "", "  "); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	_, err := fmt.Fprintln(w, strings.TrimSpace(indented.String()))
	return err
}

// printValue writes a value as printJSON writes an answer.
func (m *Main) printValue(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return printJSON(m.Stdout, text)
}

// printTable writes rows in aligned columns under a heading.
func printTable(w io.Writer, heading []string, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(heading, "\t"))
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// printFields writes names and values below each other.
func printFields(w io.Writer, fields [][2]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		fmt.Fprintf(table, "%s\t%s\n", f[0], f[1])
	}
	return table.Flush()
}
