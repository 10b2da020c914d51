package modbus

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AddressError says what is wrong with the address of a line.
type AddressError struct {
	URL    string
	What   string // "scheme \"udp\" is not one of: tcp, …"
	Remedy string // "write tcp://host:port, for example …"
}

// Error names the address, the fault and the remedy.
func (e *AddressError) Error() string {
	return fmt.Sprintf("modbus line %q: %s: %s", e.URL, e.What, e.Remedy)
}

// transports are the schemes of addresses and how such an address is written.
var transports = []struct{ scheme, remedy string }{
	{"tcp", "write tcp://host:port, for example tcp://192.168.1.20:502; for a device that serves several connections ?pool=2, for a gateway the speed of its RS-485 ?baud=9600"},
	{"tls", "write tls://host:port?cert=FILE&key=FILE&ca=FILE, for example tls://192.168.1.20:802?cert=/etc/asue/line.crt&key=/etc/asue/line.key&ca=/etc/asue/plant-ca.crt; &name=NAME if the device's certificate bears another name than the host"},
	{"rtu+tcp", "write rtu+tcp://host:port, for example rtu+tcp://192.168.1.20:4001; for a slow line ?baud=2400, &gap=50ms, &hold=3s"},
	{"rtu", "write rtu:///dev/PORT?baud=RATE&parity=P, for example rtu:///dev/ttyUSB0?baud=9600&parity=N&stop=1; the settings stand in the meters; &gap=50ms and &hold=3s for slow meters"},
}

// Schemes are the schemes of line addresses, the usual one first.
func Schemes() []string {
	var s []string
	for _, t := range transports {
		s = append(s, t.scheme)
	}
	return s
}

// CheckURL reports what is wrong with the address of a line, as an *AddressError,
// or nil. It looks at the text only: no file, no device, no network.
func CheckURL(rawURL string) error {
	_, err := parseAddress(rawURL)
	return err
}

// address is a line's address taken apart.
type address struct {
	scheme              string
	host                string        // host:port; empty for rtu
	device              string        // path of the serial port; rtu only
	baud                int           // rtu, rtu+tcp; tcp, tls: of the RS-485 behind a gateway, zero if not given
	stated              bool          // baud stands in the address
	parity              string        // N, E or O
	stop                int           // 1 or 2
	gap, hold           time.Duration // zero: not given
	pool                int           // connections, tcp and tls; zero: not given
	cert, key, ca, name string        // tls
}

func parseAddress(rawURL string) (address, error) {
	p := &addressParser{url: rawURL, remedy: transports[0].remedy}
	a := p.parse()
	if p.what != "" {
		return address{}, &AddressError{URL: rawURL, What: p.what, Remedy: p.remedy}
	}
	return a, nil
}

// addressParser keeps the first fault that it meets.
type addressParser struct {
	url, what, remedy string
	query             url.Values
}

func (p *addressParser) fault(format string, args ...any) {
	if p.what == "" {
		p.what = fmt.Sprintf(format, args...)
	}
}

func (p *addressParser) parse() address {
	u, err := url.Parse(p.url)
	if err != nil {
		p.fault("not a URL")
		return address{}
	}
	a := address{scheme: u.Scheme}
	at := slices.Index(Schemes(), u.Scheme)
	if at < 0 {
		p.fault("scheme %q is not one of: %s", u.Scheme, strings.Join(Schemes(), ", "))
		return a
	}
	p.remedy = transports[at].remedy
	if p.query, err = url.ParseQuery(u.RawQuery); err != nil {
		p.fault("what follows the ? cannot be read")
	}
	if u.User != nil || u.Fragment != "" {
		p.fault("nothing may stand beside the address and its settings")
	}
	if a.scheme == "rtu" {
		p.serialPort(u, &a)
	} else {
		p.hostPort(u, &a)
	}
	switch a.scheme {
	case "tcp":
		a.pool = p.connections()
		p.behind(&a)
	case "tls":
		a.pool = p.connections()
		p.behind(&a)
		a.cert, a.key, a.ca = p.file("cert"), p.file("key"), p.file("ca")
		a.name = p.one("name")
	case "rtu", "rtu+tcp":
		p.pace(&a)
	}
	for _, left := range sortedKeys(p.query) {
		p.fault("the setting %q is not known", left)
	}
	return a
}

func (p *addressParser) hostPort(u *url.URL, a *address) {
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil || host == "" || port == "" {
		p.fault("host and port are both needed")
		return
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		p.fault("port %q is not in 1..65535", port)
	}
	if u.Path != "" && u.Path != "/" {
		p.fault("nothing may stand beside host and port")
	}
	a.host = u.Host
}

func (p *addressParser) serialPort(u *url.URL, a *address) {
	if u.Host != "" || u.Opaque != "" || !filepath.IsAbs(u.Path) || strings.HasSuffix(u.Path, "/") {
		p.fault("the path of the serial port is needed, behind three slashes")
	}
	a.device = u.Path
}

// rates are those of the serial library that meters have, in bauds.
var rates = []string{"1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200"}

// behind is the serial line behind a gateway. The gateway itself keeps its times;
// how many reads fit into a second follows from it.
func (p *addressParser) behind(a *address) {
	if a.stated = p.query.Has("baud"); a.stated {
		a.baud, _ = strconv.Atoi(p.word("baud", rates, false, "")) // one of rates
	}
}

func (p *addressParser) pace(a *address) {
	wired := a.scheme == "rtu"
	a.stated = p.query.Has("baud")
	baud := p.word("baud", rates, wired, "9600")
	a.baud, _ = strconv.Atoi(baud) // one of rates
	a.parity = p.word("parity", []string{"N", "E", "O"}, wired, "N")
	a.stop = 1
	if p.word("stop", []string{"1", "2"}, false, "1") == "2" {
		a.stop = 2
	}
	a.gap = p.duration("gap", time.Millisecond, time.Second)
	a.hold = p.duration("hold", 10*time.Millisecond, time.Minute)
}

// mostPooled is how many connections a line may have.
const mostPooled = 8

func (p *addressParser) connections() int {
	text := p.one("pool")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostPooled {
		p.fault("pool %q is not a number from 1 to %d", text, mostPooled)
	}
	return n
}

// one takes a setting out of the query; what is left there is not known.
func (p *addressParser) one(key string) string {
	values := p.query[key]
	delete(p.query, key)
	if len(values) > 1 {
		p.fault("%s stands there %d times", key, len(values))
	}
	if len(values) == 0 {
		return ""
	}
	if values[0] == "" {
		p.fault("%s is empty", key)
	}
	return values[0]
}

func (p *addressParser) word(key string, words []string, needed bool, otherwise string) string {
	w := p.one(key)
	switch {
	case w == "" && needed:
		p.fault("%s is needed", key)
	case w == "":
		return otherwise
	case !slices.Contains(words, w):
		p.fault("%s %q is not one of: %s", key, w, strings.Join(words, ", "))
	}
	return w
}

func (p *addressParser) file(key string) string {
	f := p.one(key)
	switch {
	case f == "":
		p.fault("%s is needed", key)
	case !filepath.IsAbs(f):
		p.fault("%s %q is not a whole path from / on", key, f)
	}
	return f
}

func (p *addressParser) duration(key string, least, most time.Duration) time.Duration {
	text := p.one(key)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		p.fault("%s %q is not a time from %v to %v", key, text, least, most)
	}
	return d
}

func sortedKeys(v url.Values) []string {
	var keys []string
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Speed is what is known of the serial side of a line.
type Speed struct {
	Baud int // 0: there is none, or nobody has said
	// Untagged: answers carry no number, so that two of the same length cannot be
	// told apart.
	Untagged bool
}

func (a address) untagged() bool { return a.scheme == "rtu" || a.scheme == "rtu+tcp" }

// SpeedOf is the speed of the line of an address, as far as the address states it.
// That of an address with a fault is zero.
func SpeedOf(rawURL string) Speed {
	a, err := parseAddress(rawURL)
	if err != nil {
		return Speed{}
	}
	s := Speed{Untagged: a.untagged()}
	if a.stated {
		s.Baud = a.baud
	}
	return s
}

// pace reckons the times of an RTU line. A character has a start bit, 8 data
// bits, parity and stop bits; MODBUS over Serial Line V1.02, section 2.5.1.1:
// frames are apart by 3.5 characters, above 19200 baud by 1.75 ms.
func (a address) pace(opts Options) pace {
	bits := 9 + a.stop
	if a.parity != "N" {
		bits++
	}
	char := time.Duration(bits) * time.Second / time.Duration(a.baud)
	gap := char * 7 / 2
	if a.baud > 19200 {
		gap = 1750 * time.Microsecond
	}
	hold := a.hold
	if hold == 0 {
		hold = max(time.Second, opts.Timeout)
	}
	return pace{timeout: opts.Timeout, hold: max(hold, opts.Response), gap: max(gap, a.gap, opts.Gap), char: char}
}
