package cli

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// The two files of a site's folder, as asue demo --write-config writes them.
const (
	ProcessFile = "asue.yaml"
	SiteFile    = "site.yaml"
)

// FolderFiles are the process file and the site file of a folder, as far as they are
// there; nil if path is not a folder.
func FolderFiles(path string) []string {
	if !isFolder(path) {
		return nil
	}
	files := []string{}
	for _, name := range []string{ProcessFile, SiteFile} {
		if file := filepath.Join(path, name); exists(file) {
			files = append(files, file)
		}
	}
	return files
}

// takeFolders lets --config of a command and of those below it name a folder instead of
// the process file in it.
func takeFolders(c *cobra.Command) {
	for _, below := range c.Commands() {
		takeFolders(below)
	}
	flag, run := c.Flags().Lookup("config"), c.RunE
	if flag == nil || run == nil {
		return
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if dir := flag.Value.String(); dir != "" && isFolder(dir) {
			if err := flag.Value.Set(filepath.Join(dir, ProcessFile)); err != nil {
				return err
			}
		}
		return run(cmd, args)
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
