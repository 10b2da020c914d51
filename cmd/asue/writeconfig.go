package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
	"asue/simulator/modbusd"
)

// simulatorListen is where asue simulator puts the first line by default.
const simulatorListen = "127.0.0.1:5020"

// starter is one file of a new site's folder.
type starter struct {
	name, about string
	text        []byte
}

// writeConfig writes the example zone, with Akzhar restored or not, as a pair of
// files to begin with, and their schemas for editors, into a folder that it makes if
// need be; it tells w what it wrote and how to go on. It overwrites nothing: if one of
// the files is there already, it names them all and writes none.
func writeConfig(w io.Writer, dir string, akzhar bool) error {
	source := aktobe.Site()
	if akzhar {
		source = aktobe.WithAkzhar()
	}
	files, err := starters(source)
	if err != nil {
		return err
	}
	if err := refuseExisting(dir, files); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("folder %s cannot be made: %w; name one that this user may write", dir, err)
	}
	var said bytes.Buffer
	said.WriteString("written / записано:\n")
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := writeNew(path, f.text); err != nil {
			return err
		}
		fmt.Fprintf(&said, "  %-*s  %s\n", len(filepath.Join(dir, "site.schema.json")), path, f.about)
	}
	said.WriteString("next, in two terminals / далее, в двух терминалах:\n")
	fmt.Fprintf(&said, "  asue simulator --site %s --listen %s\n", quoted(filepath.Join(dir, "site.yaml")), simulatorListen)
	fmt.Fprintf(&said, "  asue run -c %s\n", quoted(filepath.Join(dir, "asue.yaml")))
	_, err = w.Write(said.Bytes())
	return err
}

func starters(source []byte) ([]starter, error) {
	library, err := regmap.Load()
	if err != nil {
		return nil, err
	}
	plant, err := cli.ParseSite("examples/aktobe/site.yaml", source, library)
	if err != nil {
		return nil, err
	}
	process, err := starterProcess(plant)
	if err != nil {
		return nil, err
	}
	return []starter{
		{"site.yaml", "what the plant is / что есть на площадке (demo data, invented / данные вымышлены)", starterSite(source)},
		{"asue.yaml", "how this process runs / как работает этот процесс", process},
		{"site.schema.json", "for editors / для редактора", site.Schema()},
		{"asue.schema.json", "for editors / для редактора", settings.Schema()},
	}, nil
}

// starterSite is the example's site file with the schema beside it.
func starterSite(source []byte) []byte {
	first, rest, _ := strings.Cut(string(source), "\n")
	marker, _, found := strings.Cut(first, "$schema=")
	if !found {
		panic(fmt.Sprintf("BUG: the example's first line names no schema: %q", first))
	}
	return []byte(marker + "$schema=site.schema.json\n" + rest)
}

// starterProcess is a process file for the lines of a site, as asue simulator
// serves them.
func starterProcess(plant *metering.Site) ([]byte, error) {
	address, err := modbusd.Ports(plant, simulatorListen)
	if err != nil {
		return nil, err
	}
	var lines strings.Builder
	width := 0
	meters := settings.MetersByLine(plant)
	for _, line := range plant.Lines {
		if meters[line.ID] > 0 {
			width = max(width, len(line.ID))
		}
	}
	for _, line := range plant.Lines {
		if at := address(line.ID); at != "" && meters[line.ID] > 0 {
			fmt.Fprintf(&lines, "    %-*s tcp://%s # %s\n", width+1, string(line.ID)+":", at, line.Name)
		}
	}
	return []byte(strings.Replace(starterText, "LINES\n", lines.String(), 1)), nil
}

func refuseExisting(dir string, files []starter) error {
	var there []string
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if _, err := os.Lstat(path); err == nil {
			there = append(there, path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return cli.Usagef("%v; name a folder for the new files", err)
		}
	}
	if len(there) > 0 {
		return cli.Usagef("%s: there already, and nothing is overwritten; name another folder, or move them away", strings.Join(there, ", "))
	}
	return nil
}

// writeNew writes a file that must not exist yet. What could not be written
// whole is taken away again.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return fmt.Errorf("%w; name a folder that this user may write", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("%w; free some space, or name another folder", err), os.Remove(path))
	}
	return nil
}

// quoted is a word for a shell.
func quoted(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// starterText is the process file; LINES are the lines' addresses.
const starterText = `# yaml-language-server: $schema=asue.schema.json
#
# Как работает этот процесс. Что есть на площадке — в site.yaml.
# How this process runs. What the plant is stands in site.yaml.
#
# Проверка / check:   asue check asue.yaml site.yaml
# Запуск / start:     asue run -c asue.yaml
#
# Закомментированные строки показывают значение по умолчанию.
# Lines that are commented out show the default.

site: site.yaml # файл площадки, путь от этого файла / relative to this file
data: data # папка данных / folder of ledger, outbox and series

http: 127.0.0.1:8080 # страница, API, /metrics; none — выключить / page, API, /metrics; none: off
# hosts: [asue.example.kz] # имя обратного прокси на этой машине / name of a reverse proxy on this machine

# Роли этого процесса; без ключа — все.
# Tasks of this process; all of them without the key.
# roles: [broker, metering, collector, balancer, dispatcher]

# log_level: info # debug, info, warn, error

# Брокер MQTT: встроенный (listen) либо свой (url).
# MQTT broker: the embedded one (listen) or another one (url).
broker:
  listen: 127.0.0.1:1883
  # url: mqtts://broker.example.kz:8883
  # user: asue
  # password_file: broker.password # пароль — только в отдельном файле / a password stands in a file of its own

collector:
  name: collector-1 # не повторяется на площадке / unique in the site
  # Линии из site.yaml и их адреса; здесь — имитатор. Для настоящих приборов
  # впишите адреса шлюзов. Линию другого сборщика отметьте словом elsewhere.
  # Lines of site.yaml and their addresses; here those of the simulator. For real
  # meters write the gateways' addresses; elsewhere: another collector polls it.
  lines:
LINES
  # fast: 1s # мощность, токи, напряжения / power, current, voltage
  # energy: 1m # счётчики энергии между границами интервалов / counters between the ends of intervals
  # slow: 1m # всё остальное / all the rest
  # timeout: 1s # сколько ждать ответа прибора / patience with one answer
  # budget: 1 GiB # сколько хранить без связи / what is kept while nobody takes it
  # reserve: 64 MiB # место на диске про запас, для счётчиков / room held back for registers
  # keep_free: 0.15 # меньше свободно — телеметрия не хранится / less is free: telemetry is not kept
  # retain: 1d # сколько хранить после подтверждения / how long after the ledger has it

# Журнал учёта: файл в папке данных либо база PostgreSQL.
# Ledger: a file in the data folder, or a PostgreSQL database.
# ledger:
#   dsn: postgres://asue@127.0.0.1:5432/asue
#   password_file: ledger.password # пароль — только в отдельном файле / a password stands in a file of its own
#   schema: asue

# Хранилище телеметрии: встроенное либо внешнее (VictoriaMetrics).
# Store of telemetry: the built-in one, or an outside VictoriaMetrics.
# series:
#   retention: 10y
#   memory: 128 MiB
#   keep: 1h # сколько держать пакеты в журнале после записи / batches stay in the ledger
#   url: http://10.0.0.5:8428
#   query_url: http://10.0.0.5:8428
#   influxdb: http://10.0.0.5:8086/asue # копия в InfluxDB 1.8 / a copy in an InfluxDB 1.8

balancer:
  mode: advisory # off, monitor, advisory, confirm, auto: насколько система действует сама / how far the system goes by itself
  block: 15m # интервал усреднения по договору: 15m, 30m, 60m / averaging block of the contract

# Модель сети: потоки и напряжения по измерениям, если сеть описана в site.yaml.
# Model of the network: flows and voltages from what is measured, if site.yaml describes it.
# Температура воздуха для допустимых токов — ключ ambient (°C), откуда она известна — ambient_source.
# The temperature of the air for ratings: ambient (°C), and where it comes from: ambient_source.
# network:
#   every: 5s # как часто считать / how often

# Тревоги / alarms. Свои виды — ключ catalogue с именем файла; встроенный каталог выписывает asue check --alarms.
# Kinds of one's own: the key catalogue names a file; asue check --alarms prints the built-in one.
# alarms:
#   power_factor: 0.8  # ниже — тревога / an alarm below
#   shelve_at_most: 8h # отложить не дольше смены / not longer than a shift

# Сообщения о тревогах вебхуком и почтой — ключ notify, отчёты сами собой — reports, Home Assistant — homeassistant.
# Messages about alarms by webhook and mail: the key notify; reports by themselves: reports; Home Assistant: homeassistant.
# docs/notify.ru.md, docs/reports.ru.md, docs/home-assistant.ru.md.

# Учётные записи страницы / accounts of the page: asue user add NAME --role admin -c asue.yaml
# Без входа смотрят только с этой машины; иное — ключ anonymous под dispatcher: viewer, none.
# Only this machine looks without signing in; the key anonymous under dispatcher says otherwise.
`
