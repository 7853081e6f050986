package main

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
)

// progress returns a function that draws a bar on w, one after the other for
// each part of the work. Off a terminal it draws nothing.
func progress(w io.Writer) func(done, total int, phase string) {
	if !isTerminal(w) {
		return func(int, int, string) {}
	}
	var bar *progressbar.ProgressBar
	return func(done, total int, phase string) {
		if bar == nil {
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
		}
		bar.Describe(phase)
		_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
		if done == total {
			bar = nil
		}
	}
}

// isTerminal tells whether a person sees what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
