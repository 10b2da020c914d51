// Package bundle builds the dispatcher's page from its sources with esbuild as a
// library, so that Go alone is enough. It must not be imported by the program,
// which embeds the result; it knows nothing of HTTP.
package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// vendored says where the packages stand that the sources import by name.
var vendored = map[string]string{
	"preact":               "vendor/preact/preact.mjs",
	"preact/hooks":         "vendor/preact/hooks.mjs",
	"preact/jsx-runtime":   "vendor/preact/jsxRuntime.mjs",
	"@preact/signals":      "vendor/signals/signals.mjs",
	"@preact/signals-core": "vendor/signals-core/signals-core.mjs",
	"uplot":                "vendor/uplot/uPlot.esm.js",
}

// copied are sources that go into the bundle as they are.
var copied = []string{"index.html", "own.html", "favicon.svg"}

// Build makes the page from the folder of its sources (web/) and returns its
// files by name. The same sources give the same bytes on every machine. The
// error lists every fault with file and line.
func Build(web string) (map[string][]byte, error) {
	abs, err := filepath.Abs(web)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	files := map[string][]byte{}
	for _, name := range copied {
		if files[name], err = os.ReadFile(filepath.Join(abs, name)); err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
	}
	if err := catalogues(abs, files); err != nil {
		return nil, err
	}
	alias := map[string]string{}
	for name, path := range vendored {
		alias[name] = filepath.Join(abs, filepath.FromSlash(path))
	}
	// The page of residents shares no part with the dispatcher's: a phone loads one file.
	pages := [][]api.EntryPoint{
		{
			{InputPath: "src/main.tsx", OutputPath: "app"},
			{InputPath: "src/stream.ts", OutputPath: "stream"},
			{InputPath: "src/styles.css", OutputPath: "app"},
			{InputPath: "src/views.css", OutputPath: "views"},
			{InputPath: "src/capacity.css", OutputPath: "capacity"},
		},
		{
			{InputPath: "src/own/main.tsx", OutputPath: "own"},
			{InputPath: "src/own/own.css", OutputPath: "own"},
		},
	}
	for _, entries := range pages {
		if err := build(abs, alias, entries, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// catalogues are the messages of the first view and of the parts that are loaded later,
// one file for each part and language: who reads one language loads one. Those of the
// page of residents are in its program.
func catalogues(web string, files map[string][]byte) error {
	list, err := filepath.Glob(filepath.Join(web, "i18n", "*.json"))
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	for _, path := range list {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "own.") {
			continue
		}
		if strings.Count(name, ".") == 1 {
			name = "page." + name // of the first view
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
		var short bytes.Buffer
		if err := json.Compact(&short, b); err != nil {
			return fmt.Errorf("bundle: %s: %w", name, err)
		}
		files[name] = short.Bytes()
	}
	return nil
}

// build makes the files of one page.
func build(abs string, alias map[string]string, entries []api.EntryPoint, files map[string][]byte) error {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:       abs,
		EntryPointsAdvanced: entries,
		Outdir:              filepath.Join(abs, "out"), // never written
		Bundle:              true,
		Splitting:           true, // what the first view does not need is loaded when it is asked for
		ChunkNames:          "[name]",
		Format:              api.FormatESModule,
		Target:              api.ES2022,
		Alias:               alias,
		JSX:                 api.JSXAutomatic,
		JSXImportSource:     "preact",
		TsconfigRaw:         "{}", // the tsconfig.json is for the type check alone
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		MinifySyntax:        true,
		Charset:             api.CharsetUTF8,
		LegalComments:       api.LegalCommentsInline,
		LogLevel:            api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		var faults []error
		for _, line := range api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage}) {
			faults = append(faults, errors.New(line))
		}
		return fmt.Errorf("bundle: %d faults: %w", len(faults), errors.Join(faults...))
	}
	for _, f := range result.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	return nil
}
