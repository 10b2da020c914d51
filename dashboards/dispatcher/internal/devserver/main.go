// Command devserver shows the page over an invented zone, for work on the page
// and for the browser tests:
//
//	go run ./dashboards/dispatcher/internal/devserver -listen 127.0.0.1:8090
//
// Its persons (fakezone.NewPeople) all have the same password, fakezone.Password.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/clock"
	"asue/metering/password"
	"asue/metering/shift"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to serve on")
	residents := flag.Int("residents", 28, "residents of the zone")
	meters := flag.Int("meters", 70, "meters of the zone")
	shut := flag.Bool("shut", false, "let nobody look who has not signed in")
	at := flag.String("at", "", "start the zone's clock at this time, as 2026-12-31T23:55:00+05:00; without it the zone lives now")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var wall clock.Clock
	if *at != "" {
		start, err := time.Parse(time.RFC3339, *at)
		if err != nil {
			fmt.Fprintln(os.Stderr, "devserver: -at:", err)
			os.Exit(2)
		}
		wall = clock.Warped(time.Now(), start, 1)
	}
	if err := run(ctx, wall, *listen, *residents, *meters, *shut); err != nil {
		fmt.Fprintln(os.Stderr, "devserver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, wall clock.Clock, listen string, residents, meters int, shut bool) error {
	zone := fakezone.New(residents, meters)
	zone.AddMedia()
	zone.Blemish()
	zone.AddActuators(wall.Now())
	zone.AddNetwork()
	zone.Snapshots(wall.Now())
	people, err := fakezone.NewPeople(ctx, wall.Now())
	if err != nil {
		return err
	}
	office := fakezone.NewOffice(zone, wall.Now)
	alarms, err := fakezone.NewAlarms(people, wall.Now)
	if err != nil {
		return err
	}
	anonymous := metering.RoleViewer
	if shut {
		anonymous = ""
	}
	var skipped atomic.Int64 // seconds by which the clock of people is ahead
	server, err := dispatcher.New(dispatcher.Config{
		Site: zone.Site(), Now: wall.Now, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Demo: true, Anonymous: anonymous,
		Ledger: zone, Series: zone, Balances: zone, Demands: zone, Scenarios: zone, Info: dispatcher.Info{Version: "dev"},
		House: shift.House{
			Require: map[shift.Template][]string{shift.Phone: {"number"}},
			Phrases: []shift.Phrase{{Name: "Вывод фидера в ремонт", Template: shift.Switching, Object: "Ф-", Text: "Выключатель отключён, тележка в ремонтном положении, заземлён"}},
		},
		Accounts: people, Auditor: people, Tokens: people, Hasher: fakezone.Hasher(), Orders: zone, Moves: zone.Moves, Supposing: zone.Suppose, Capacity: office, Alarms: alarms, Reports: fakezone.Reports{Zone: zone}, System: fakezone.System{Zone: zone, Now: wall.Now},
		Wall: func() time.Time { return wall.Now().Add(time.Duration(skipped.Load()) * time.Second) },
	})
	if err != nil {
		return err
	}
	for _, n := range zone.PastNotices(wall.Now()) {
		server.Notice(n)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	// What a browser test needs to do to the zone, and no program ever offers.
	server.Mount("POST /dev/silence", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { zone.Silence(r.FormValue("on") == "true") }), dispatcher.Open)
	server.Mount("POST /dev/office", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { office.Silence(r.FormValue("silent") == "true") }), dispatcher.Open)
	server.Mount("POST /dev/skip", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if s, err := strconv.Atoi(r.FormValue("seconds")); err == nil {
			skipped.Add(int64(s))
		}
	}), dispatcher.Open)
	server.Mount("POST /dev/network", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if mw, err := strconv.ParseFloat(r.FormValue("reserve"), 64); err == nil {
			zone.Reserve(mw > 0, mw)
		}
		zone.Freeze(r.FormValue("frozen") == "true", r.FormValue("unsure") == "true")
	}), dispatcher.Open)
	server.Mount("POST /dev/wall", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text, kept := password.NewKey()
		people.SetWall(kept, wall.Now())
		io.WriteString(w, fakezone.Wall+"."+text)
	}), dispatcher.Open)
	server.Mount("POST /dev/alarm", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		alarms.Say(alarm.Kind(r.FormValue("kind")), r.FormValue("about"), r.FormValue("on") == "true", wall.Now())
	}), dispatcher.Open)
	server.Mount("POST /dev/token", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, people.Issue(metering.ResidentID(r.FormValue("resident")), r.FormValue("name"), wall.Now(), wall.Now().AddDate(0, 0, 90)))
	}), dispatcher.Open)
	server.Mount("POST /dev/revoke", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { people.Revoke(r.FormValue("token"), wall.Now()) }), dispatcher.Open)
	web := dispatcher.NewHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", wall.Now().Format(http.TimeFormat)) // orders count their seconds from it
		server.Handler().ServeHTTP(w, r)
	}))
	go func() {
		<-ctx.Done()
		web.Close()
	}()
	go server.Run(ctx)
	go func() {
		for wall.Sleep(ctx, time.Second) == nil {
			now := wall.Now()
			server.Observe(zone.Snapshots(now))
			alarms.Tick(now)
			c := zone.Control(now)
			if !zone.Silent() {
				server.SetControl(c)
			}
			if !zone.Frozen() {
				server.SetNetwork(zone.Network(now))
			}
			for _, n := range zone.Notices(c) {
				server.Notice(n)
			}
		}
	}()
	fmt.Printf("http://%s\n", l.Addr())
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
