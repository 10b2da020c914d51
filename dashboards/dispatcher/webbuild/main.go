// Command webbuild renews dashboards/dispatcher/dist from web/. Run it from the
// root of the checkout after a change to the page:
//
//	go run ./dashboards/dispatcher/webbuild
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"asue/dashboards/dispatcher/internal/bundle"
)

func main() {
	dir := flag.String("dir", "dashboards/dispatcher", "folder of the dispatcher package")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := bundle.Build(filepath.Join(dir, "web"))
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, "dist", name), content, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s %d bytes\n", name, len(content))
	}
	return nil
}
