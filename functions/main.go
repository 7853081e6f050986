// Command functions assembles the app root that the Functions host starts,
// dist/, and with --zip the package that is deployed. The host looks for
// functions one folder deep beside host.json, so it cannot run the repository
// as it is. It needs Go alone, no make and no shell:
//
//	go run ./functions && func start --script-root dist
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"handover/functions/approot"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "functions: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("functions", flag.ExitOnError)
	zipped := flags.Bool("zip", false, "make the package to deploy, too: dist/handover-<arch>.zip, for Linux")
	arch := flags.String("arch", "amd64", "processor that the package is for: amd64 or arm64")
	flags.Parse(args)
	source := approot.Source{Root: ".", Random: rand.Reader}
	if err := source.Assemble(ctx, "dist"); err != nil {
		return err
	}
	fmt.Fprintln(out, "dist/ is ready: func start --script-root dist")
	if !*zipped {
		return nil
	}
	path, err := source.Package(ctx, "dist", *arch)
	if err == nil {
		fmt.Fprintln(out, path+" is ready to deploy")
	}
	return err
}
