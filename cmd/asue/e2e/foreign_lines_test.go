package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// foreignLine is a line with foreign meters on it, as asue is told to reach it.
type foreignLine struct{ transport, url string }

// pymodbusLines serve one image by TCP, by TLS and by RTU on a serial line.
func pymodbusLines(t *testing.T, image string) []foreignLine {
	t.Helper()
	plant := newCertifier(t, "plant-ca")
	plant.certify("meter-7")
	plant.certify("collector")
	cable := newCable(t)
	tcp := pymodbus(t, image, "tcp", "127.0.0.1:0")
	tls := pymodbus(t, image, "tls", "127.0.0.1:0", plant.path("meter-7.crt"), plant.path("meter-7.key"), plant.path("plant-ca.crt"))
	pymodbus(t, image, "rtu", cable.far)
	return []foreignLine{
		{"tcp", "tcp://" + tcp},
		{"tls", "tls://" + tls + "?" + plant.shows("collector") + "&name=meter-7"},
		{"rtu", cable.url()},
	}
}

// pymodbus serves a register image with Debian's Modbus server and returns where.
func pymodbus(t *testing.T, image, kind, where string, files ...string) string {
	t.Helper()
	tool(t, "/usr/lib/python3/dist-packages/pymodbus/__init__.py")
	tool(t, "/usr/lib/python3/dist-packages/serial_asyncio/__init__.py")
	p := start(t, "pymodbus", tool(t, "/usr/bin/python3"), append([]string{"testdata/pymodbus_server.py", image, kind, where}, files...)...)
	_, where, _ = strings.Cut(p.await("serves on ", 20*time.Second), "serves on ")
	return where
}

// cable is two serial ports, joined: what is written to one is read at the other.
type cable struct{ near, far string }

func newCable(t *testing.T) cable {
	t.Helper()
	var ends [2]*os.File
	var names [2]string
	for i := range ends {
		master, port, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		// A copy whose Close ends a Read under way; the package's own blocks.
		fd, err := syscall.Dup(int(master.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		_ = master.Close()
		if err := syscall.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
		ends[i], names[i] = os.NewFile(uintptr(fd), "master"), port.Name()
		t.Cleanup(func() { _ = port.Close() }) // while it is open here, others may come and go
	}
	var joined sync.WaitGroup
	for i := range ends {
		joined.Go(func() { _, _ = io.Copy(ends[i], ends[1-i]) }) // ends with the test
	}
	t.Cleanup(func() {
		for _, end := range ends {
			_ = end.Close()
		}
		joined.Wait()
	})
	return cable{names[0], names[1]}
}

// url is the near end. Nobody else was on the line, so a short quarantine will do.
func (c cable) url() string { return "rtu://" + c.near + "?baud=115200&parity=N&hold=50ms" }

// certifier is the certificate authority of a plant.
type certifier struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCertifier(t *testing.T, name string) *certifier {
	t.Helper()
	c := &certifier{t: t, dir: t.TempDir()}
	c.cert, c.key = c.certify(name)
	return c
}

// roleID is the extension in which a client's certificate bears its role
// (MODBUS/TCP Security Protocol Specification V21).
var roleID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 50316, 802, 1}

// certify writes NAME.crt and NAME.key, good for the name. The first certificate
// is that of the authority itself.
func (c *certifier) certify(name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	c.t.Helper()
	must := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	role, err := asn1.MarshalWithParams("Operator", "utf8")
	must(err)
	wanted := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		ExtraExtensions: []pkix.Extension{{Id: roleID, Value: role}},
	}
	by, byKey := c.cert, c.key
	if by == nil {
		wanted.IsCA, wanted.BasicConstraintsValid, wanted.KeyUsage = true, true, x509.KeyUsageCertSign
		wanted.ExtKeyUsage, wanted.ExtraExtensions, by, byKey = nil, nil, wanted, key
	}
	der, err := x509.CreateCertificate(rand.Reader, wanted, by, &key.PublicKey, byKey)
	must(err)
	cert, err := x509.ParseCertificate(der)
	must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	write(c.t, c.dir, name+".crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(c.t, c.dir, name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}

func (c *certifier) path(file string) string { return filepath.Join(c.dir, file) }

// shows is the part of a line's address that names whose certificate is shown,
// and that the plant's authority is trusted.
func (c *certifier) shows(name string) string {
	return url.Values{"cert": {c.path(name + ".crt")}, "key": {c.path(name + ".key")}, "ca": {c.path(c.cert.Subject.CommonName + ".crt")}}.Encode()
}

// TestForeignServerKnowsItsClients: the foreign TLS server is one that asks for
// certificates, and asue asks for its.
func TestForeignServerKnowsItsClients(t *testing.T) {
	plant, other := newCertifier(t, "plant-ca"), newCertifier(t, "plant-ca")
	for _, c := range []*certifier{plant, other} {
		c.certify("meter-7")
		c.certify("collector")
	}
	at := pymodbus(t, "testdata/schneider-pm5340.json", "tls", "127.0.0.1:0", plant.path("meter-7.crt"), plant.path("meter-7.key"), plant.path("plant-ca.crt"))
	probe := func(cert, authority *certifier, name string) (string, int) {
		settings := url.Values{
			"cert": {cert.path("collector.crt")}, "key": {cert.path("collector.key")},
			"ca": {authority.path("plant-ca.crt")}, "name": {name},
		}
		out, errs, code := run(t, "probe", "--json", "tls://"+at+"?"+settings.Encode(), "--unit", "9", "--model", "schneider-pm5100-pm5300-pm5500")
		return out + errs, code
	}
	if said, code := probe(plant, plant, "meter-7"); code != 0 {
		t.Errorf("a client of the plant is refused: %s", said)
	}
	// In TLS 1.3 a client learns after the handshake that it is refused, from an
	// alert or from the connection's end, whichever comes first.
	if said, code := probe(other, plant, "meter-7"); code == 0 || strings.Contains(said, "ea_imp") {
		t.Errorf("a client of another plant is served: exit code %d: %s", code, said)
	}
	if said, code := probe(plant, other, "meter-7"); code == 0 || !strings.Contains(said, "unknown authority") {
		t.Errorf("a meter of another plant is believed: exit code %d: %s", code, said)
	}
	if said, code := probe(plant, plant, "meter-8"); code == 0 || !strings.Contains(said, "not meter-8") {
		t.Errorf("a meter of another name is believed: exit code %d: %s", code, said)
	}
}
