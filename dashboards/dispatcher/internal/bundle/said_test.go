package bundle_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"
)

// script says sentences in three languages; node runs it over the page's own sources.
const script = `
import { lang, learn } from './src/i18n';
import { default as ru } from './i18n/ru.json';
import { default as kk } from './i18n/kk.json';
import { default as en } from './i18n/en.json';
import { reworded } from './src/said';
const { catalogue, sentences } = JSON.parse(process.argv[2]);
learn({ ru, kk, en });
learn(catalogue);
console.log(JSON.stringify(['ru', 'kk', 'en'].map((l) => (lang.value = l, sentences.map(reworded)))));
`

// What a program says in English is shown in the reader's language: whole sentences,
// sentences within sentences, those that a semicolon divides, and all figures.
func TestSentencesAreReworded(t *testing.T) {
	web, err := filepath.Abs(filepath.Join(dispatcher, "web"))
	if err != nil {
		t.Fatal(err)
	}
	built := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{Contents: script, ResolveDir: web, Loader: api.LoaderTS}, Bundle: true, Platform: api.PlatformNode, TsconfigRaw: "{}",
		Alias:  map[string]string{"@preact/signals": filepath.Join(web, "vendor/signals-core/signals-core.mjs")},
		Banner: map[string]string{"js": `globalThis.document = { documentElement: {}, getElementById: () => ({ textContent: '{"me":{}}' }) };`},
	})
	for _, e := range built.Errors {
		t.Fatal(e.Text)
	}
	file := filepath.Join(t.TempDir(), "said.js")
	if err := os.WriteFile(file, built.OutputFiles[0].Contents, 0o644); err != nil {
		t.Fatal(err)
	}
	type words = map[string]string
	asked, _ := json.Marshal(map[string]any{
		"catalogue": map[string]words{
			"ru": {
				"=the block heads for {a} and may hold {b}; {c}": "блок идёт к {a} при допустимых {b}; {c}",
				"={a} is left":                            "осталось: {a}",
				"=this is the least load that is left":    "это наименьшая нагрузка",
				"=no line is in service":                  "ни одна линия не в работе",
				"=it has been off for {a} and fits again": "отключено {a}, снова помещается",
				"=no readings from {a} to {b}":            "нет показаний с {a} до {b}",
				"=\"{a}\" is full: {b}":                   "«{a}» заполнен: {b}",
				"=model of the network: {a}":              "модель сети: {a}",
				"=and":                                    "и", "=rules": "правила", "=gap {a}": "пропуск {a}", "=flat": "поровну", "=stale": "устарело",
				"={a} by the register, shape: {b}": "{a} по регистру, форма: {b}",
				"=input {a} says {b}":              "ввод {a}: {b}",
				"=shed {a} with {b}":               "отключить {a} ступенями {b}",
			},
			"kk": {"=no line is in service": "бірде-бір желі жұмыста емес", "=it has been off for {a} and fits again": "{a} ажыратулы болды, қайта сыяды"},
			"en": {},
		},
		"sentences": []string{
			"the block heads for 29.9 MW and may hold 29.7 MW; this is the least load that is left",
			"no line is in service; 3 kWh is left; it is not known",
			"it has been off for 1h30m0s and fits again",
			"it has been off for 250ms and fits again",
			"no readings from 2026-11-21T07:00Z to 2026-11-21T07:30:15Z",
			`"Ф-11 (p-1.2)" is full: 921.023 kW`,
			"model of the network: no line is in service",
			"nobody has said how to say 3.5 MW",
			"",
			"rules: gap 10:00–12:00: 412.6 kWh by the register, shape: flat",
			"input in-1 says stale, input in-2 says out_of_range",
			"shed 29,700 kW with a-01 and a-02",
			"5 MW − 2.4 MW",
			"stale",
			"пик 2.5 and more",
			"no readings from 2026-11-21 to 2026-11-21T12:30:00+05:00",
		},
	})
	out, err := exec.Command("node", file, string(asked)).Output()
	if err != nil {
		t.Fatalf("node is needed for this test: run `make setup`: %v", err)
	}
	var got [][]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	nb := "\u00a0"
	want := [2][]string{
		{
			"блок идёт к 29,9" + nb + "МВт при допустимых 29,7" + nb + "МВт; это наименьшая нагрузка",
			"ни одна линия не в работе; осталось: 3" + nb + "кВт·ч; it is not known",
			"отключено 1" + nb + "ч 30" + nb + "мин, снова помещается",
			"отключено 250" + nb + "мс, снова помещается",
			"нет показаний с 21.11.2026 07:00 до 21.11.2026 07:30",
			"«Ф-11 (p-1.2)» заполнен: 921,023" + nb + "кВт",
			"модель сети: ни одна линия не в работе",
			"nobody has said how to say 3.5 MW",
			"",
			"правила: пропуск 10:00–12:00: 412,6" + nb + "кВт·ч по регистру, форма: поровну",
			"ввод in-1: устарело, ввод in-2: out_of_range",
			"отключить 29\u202f700" + nb + "кВт ступенями a-01 и a-02",
			"5" + nb + "МВт − 2,4" + nb + "МВт",
			"stale",
			"пик 2.5 and more",
			"нет показаний с 21.11.2026 до 21.11.2026 07:30",
		},
		{
			"the block heads for 29.9 MW and may hold 29.7 MW; this is the least load that is left",
			"бірде-бір желі жұмыста емес; 3" + nb + "кВт·сағ is left; it is not known",
			"1" + nb + "сағ 30" + nb + "мин ажыратулы болды, қайта сыяды",
			"250" + nb + "мс ажыратулы болды, қайта сыяды",
		},
	}
	if diff := cmp.Diff(want[0], got[0]); diff != "" {
		t.Errorf("in Russian (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1], got[1][:4]); diff != "" {
		t.Errorf("in Kazakh (-want +got):\n%s", diff)
	}
	if got[2][2] != "it has been off for 1h30m0s and fits again" {
		t.Errorf("in English: %q", got[2][2])
	}
}
