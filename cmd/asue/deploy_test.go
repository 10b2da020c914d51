package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"asue/cmd/internal/settings"
	"asue/metering/form"
	"asue/metering/wire"
)

const tree = "../.." // from this package

func fileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tree, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What the Debian package is made of is there; the rest make deb builds.
func TestPackageContents(t *testing.T) {
	var recipe struct {
		Contents []struct{ Src, Dst, Type string }
		Scripts  map[string]string
	}
	if err := yaml.Unmarshal([]byte(fileText(t, "deploy/deb/nfpm.yaml")), &recipe); err != nil {
		t.Fatal(err)
	}
	places := map[string]string{}
	for _, c := range recipe.Contents {
		places[c.Dst] = c.Src
		if c.Src == "" || strings.HasPrefix(c.Src, "bin/") {
			continue
		}
		if _, err := os.Stat(filepath.Join(tree, c.Src)); err != nil {
			t.Errorf("%s: %v", c.Dst, err)
		}
	}
	for _, script := range recipe.Scripts {
		if !strings.HasPrefix(fileText(t, script), "#!/bin/sh\n") {
			t.Errorf("%s is no script of sh", script)
		}
	}
	units, err := filepath.Glob(filepath.Join(tree, "deploy/systemd/*"))
	if err != nil || len(units) < 5 {
		t.Fatalf("%v, %v", units, err)
	}
	for _, unit := range units {
		name := filepath.Base(unit)
		if got := places["/usr/lib/systemd/system/"+name]; got != "deploy/systemd/"+name {
			t.Errorf("%s is not in the package", name)
		}
		for _, line := range unitLines(t, name) {
			if program, ok := strings.CutPrefix(line, "ExecStart="); ok {
				if program, _, _ = strings.Cut(program, " "); places[program] != "bin/"+filepath.Base(program) {
					t.Errorf("%s starts %s, which is not in the package", name, program)
				}
			}
		}
	}
}

func unitLines(t *testing.T, name string) []string {
	t.Helper()
	return strings.Split(fileText(t, "deploy/systemd/"+name), "\n")
}

// Every service is ended when it hangs, started anew when it ends but not with faulty files,
// and has no right that it does not use.
func TestServicesAreHardened(t *testing.T) {
	for _, name := range []string{"asue.service", "asue-collector.service", "asue-agent.service", "asue-backup.service"} {
		lines := unitLines(t, name)
		want := []string{"User=asue", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectHome=yes", "PrivateTmp=yes",
			"RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "SystemCallFilter=@system-service", "MemoryDenyWriteExecute=yes", "RestrictNamespaces=yes"}
		if name != "asue-backup.service" {
			want = append(want, "Type=notify", "NotifyAccess=main", "WatchdogSignal=SIGABRT", "Restart=always", "RestartPreventExitStatus=2", "ProtectSystem=strict",
				"StateDirectory="+strings.TrimSuffix(name, ".service"))
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "WatchdogSec=") }) {
				t.Errorf("%s has no watchdog", name)
			}
		}
		for _, w := range want {
			if !slices.Contains(lines, w) {
				t.Errorf("%s does not say %s", name, w)
			}
		}
	}
}

// The process file of the containers is one, and each secret and server that it names
// stands in the compose file.
func TestComposeFits(t *testing.T) {
	cfg, faults := settings.Parse("asue.yaml", []byte(fileText(t, "deploy/compose/asue.yaml")))
	if n := faults.Count(form.Error) + faults.Count(form.Warning); n > 0 {
		t.Errorf("%v", faults)
	}
	var file struct {
		Services map[string]struct{ Volumes []string }
		Volumes  map[string]any
	}
	if err := yaml.Unmarshal([]byte(fileText(t, "deploy/compose/compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	mounts := strings.Join(file.Services["asue"].Volumes, "\n")
	for _, want := range []string{"/etc/asue/" + cfg.Broker.PasswordFile, "/etc/asue/" + cfg.Ledger.PasswordFile, cfg.Data} {
		if !strings.Contains(mounts, want) {
			t.Errorf("%s is not mounted", want)
		}
	}
	for name, s := range file.Services {
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if _, named := file.Volumes[source]; !named && !strings.HasPrefix(source, "./secrets/") && source != "./etc" {
				if _, err := os.Stat(filepath.Join(tree, "deploy/compose", source)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

var (
	linkPattern    = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	spanPattern    = regexp.MustCompile("`([^`]+)`")
	commandPattern = regexp.MustCompile(`^(?:sudo )?(?:-u asue )?asue ([a-z]+)(?: ([a-z]+))?`)
	flagPattern    = regexp.MustCompile(`\s--([a-z-]+)`)
)

// What the pages for installers link to is there, and every command that they name, with its
// long flags. Both languages have the same headings and the same examples.
func TestPagesForInstallers(t *testing.T) {
	commands := 0
	for _, page := range []string{"install", "configure", "add-a-meter", "commissioning", "operate", "notify", "home-assistant", "grafana"} {
		english, russian := fileText(t, "docs/"+page+".md"), fileText(t, "docs/"+page+".ru.md")
		for name, text := range map[string]string{page + ".md": english, page + ".ru.md": russian} {
			for _, m := range linkPattern.FindAllStringSubmatch(text, -1) {
				if _, err := os.Stat(filepath.Join(tree, "docs", m[1])); err != nil {
					t.Errorf("%s: link to %s: %v", name, m[1], err)
				}
			}
			for _, code := range codeOf(text) {
				commands += checkCommand(t, name, code)
			}
		}
		for _, mark := range []string{"\n## ", "\n```", "\n|"} {
			if e, r := strings.Count(english, mark), strings.Count(russian, mark); e != r {
				t.Errorf("%s: %q stands %d times in English and %d times in Russian", page, mark, e, r)
			}
		}
	}
	if commands < 60 {
		t.Errorf("only %d commands were found in the pages", commands)
	}
}

// codeOf are the lines of fences and the spans of code of a page.
func codeOf(text string) []string {
	var list []string
	fenced := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case fenced:
			line, _, _ = strings.Cut(line, " #")
			list = append(list, strings.Split(strings.TrimSpace(line), "; ")...)
		default:
			for _, m := range spanPattern.FindAllStringSubmatch(line, -1) {
				list = append(list, m[1])
			}
		}
	}
	return list
}

// checkCommand holds a line of code against the program, if it is one of its commands.
func checkCommand(t *testing.T, page, code string) (commands int) {
	t.Helper()
	m := commandPattern.FindStringSubmatch(code)
	if m == nil {
		return 0
	}
	cmd, _, err := newRoot().Find(m[1:2])
	if err != nil || cmd.Name() != m[1] {
		t.Errorf("%s: there is no command asue %s: %s", page, m[1], code)
		return 1
	}
	for _, below := range cmd.Commands() {
		if below.Name() == m[2] {
			cmd = below
		}
	}
	for _, f := range flagPattern.FindAllStringSubmatch(code, -1) {
		if !hasFlag(cmd, f[1]) {
			t.Errorf("%s: %s has no flag --%s: %s", page, cmd.CommandPath(), f[1], code)
		}
	}
	return 1
}

func hasFlag(cmd *cobra.Command, name string) bool {
	return cmd.Flags().Lookup(name) != nil || cmd.InheritedFlags().Lookup(name) != nil
}

// The rights at a broker that the pages give a collector and an agent are those for the
// topics that these use.
func TestPagesKnowTheTopics(t *testing.T) {
	replaying := wire.Topic{Site: "SITE", Branch: wire.BranchReplayAnswer, Name: "gate-2"}.String()
	for _, page := range []string{"docs/configure.md", "docs/configure.ru.md"} {
		text := fileText(t, page)
		for topic, right := range map[string]string{
			wire.LiveTopic("SITE", "gate-2"): "write", wire.HistoryTopic("SITE", "gate-2"): "write", wire.StateTopic("SITE", "gate-2"): "write", replaying: "write",
			wire.AckTopic("SITE", "gate-2"): "read", wire.ReplayTopic("SITE", "gate-2"): "read",
			wire.BeatTopic("SITE", "agent-1"): "write", wire.OutcomeTopic("SITE", "agent-1"): "write", wire.AllotTopic("SITE", "agent-1"): "read",
		} {
			if !strings.Contains(text, "\ntopic "+right+" "+topic+"\n") {
				t.Errorf("%s does not give the right to %s %s", page, right, topic)
			}
		}
	}
}

// Scripts that a package manager or an installer runs as the superuser may be run by him.
func TestScriptsAreExecutable(t *testing.T) {
	for _, name := range []string{"deploy/deb/postinst", "deploy/deb/prerm", "deploy/deb/postrm", "deploy/compose/init"} {
		if info, err := os.Stat(filepath.Join(tree, name)); err != nil || info.Mode()&fs.FileMode(0o111) == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
